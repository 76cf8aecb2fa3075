/** The manual fits the pages, and would be found out if it did not. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { axe, launch } from "../support/index.mjs";
import { formerNumbers, html } from "./engine/book.mjs";
import { differences } from "./engine/compare.mjs";
import { check } from "./engine/edition.mjs";
import { Mismatch } from "./engine/mismatch.mjs";
import { manual } from "./engine/places.mjs";
import { onStage } from "./engine/stage.mjs";
import { numbered, walk } from "./engine/walk.mjs";
import { look } from "./engine/words.mjs";
import { BOOK } from "./index.mjs";

test("the pages are what the manual says", { timeout: 10 * 60_000 }, () => check(BOOK));

/** The first two steps of the registration change nothing, so they can be walked again and again. */
function beginning() {
  const chapter = numbered(BOOK.chapters).find(({ id }) => id === "registration");
  return [{ ...chapter, steps: chapter.steps.slice(0, 2) }];
}

test("a label, a button, a help text or a promise that is not on the page is found and named", async () => {
  let change = (html) => html;
  const meet = (context) => context.route("**/*", async (route) => {
    if (route.request().resourceType() !== "document") return route.continue();
    const response = await route.fetch({ maxRedirects: 0 });
    return route.fulfill({ response, body: change(await response.text()) });
  });
  await onStage(async (stage) => {
    const right = await walk(stage, beginning());
    assert.deepEqual(differences(right, await walk(stage, beginning())), [], "nothing changes by itself");

    change = (html) => html.replaceAll("メールアドレス<span", "電子メール<span");
    const label = /chapter 「登録とログイン」, step 2-2 「メールアドレスを確かめる」 on \/register:\s+no field 「メールアドレス」\. There are: 電子メール/;
    await assert.rejects(walk(stage, beginning()), label);

    change = (html) => html.replaceAll("確認のメールを送る", "送信");
    await assert.rejects(walk(stage, beginning()), /step 2-2 [\s\S]*no button or link 「確認のメールを送る」/);

    change = (html) => html.replaceAll("先に許可してください。", "許可してください。");
    const [found, ...others] = differences(right, await walk(stage, beginning()));
    assert.match(found, /^登録とログイン 2-2 「メールアドレスを確かめる」 \(\/register\)\n {2}- 「確認のメールを送る」 said: .*先に許可.*\n {2}\+ /);
    assert.deepEqual(others, [], "only the step of this page differs");

    change = (html) => html;
    const [chapter] = beginning();
    const promising = { ...chapter, steps: [{ ...chapter.steps[0], text: ["「どこにもないボタン」を押します。"] }] };
    await assert.rejects(walk(stage, [promising]), (error) => error instanceof Mismatch && /promises 「どこにもないボタン」/.test(error.message));
  }, { meet });
});

test("a step that was added or taken away is named", () => {
  const step = { chapter: "章", step: "1-1", title: "題", text: ["文"] };
  assert.deepEqual(differences([step], [step]), []);
  assert.match(differences([step], [])[0], /not in the chapters any more/);
  assert.match(differences([], [step])[0], /not in the manual yet/);
  assert.match(differences([step], [{ ...step, text: ["別の文"] }])[0], /- text 1: 文\n {2}\+ text 1: 別の文/);
});

test("texts name chapters and steps by their numbers of today, and only those that exist", () => {
  const chapter = (text) => [{ id: "a", title: "章", lead: [text], steps: [{ title: "題", text: [] }, { key: "send", title: "題", text: [] }] }];
  assert.deepEqual(numbered(chapter("{a}の{a.send}をご覧ください。"))[0].lead, ["1章の1-2をご覧ください。"]);
  assert.throws(() => numbered(chapter("{a.gone}")), /no chapter or step is called \{a\.gone\}/);
});

test("every number of the former manual leads somewhere", () => {
  const numbers = formerNumbers({ ...BOOK, chapters: numbered(BOOK.chapters) }).map(([number]) => number);
  const former = [[1, 7], [2, 7], [3, 5]].flatMap(([part, last]) => Array.from({ length: last }, (_, at) => `${part}-${at + 1}`));
  assert.deepEqual(numbers, former);
});

test("a picture names its marks to those who do not see it, and draws each frame with its number", () => {
  const chapters = numbered([{ id: "a", title: "章", lead: [], steps: [{ title: "題", marks: [look("受付番号", "控えます。"), look("状態", "見ます。")] }] }]);
  const frames = [1, 2].map((number) => ({ number, x: 40 * number, y: 50, width: 100, height: 20 }));
  const picture = { name: "step-1-1", width: 600, height: 300, shown: 600, frames };
  const book = { title: "手引き", brand: "窓口", about: [], contact: [], chapters, gone: {} };
  const page = html(book, new Map([["1-1", picture]]), { pictures: "images", ending: "webp" });
  assert.match(page, /<img src="images\/step-1-1\.webp"[^>]* alt="「題」の画面。赤い枠の1は受付番号、2は状態。">/);
  assert.equal(page.match(/class="frame"/g).length, 2);
  assert.match(page, /<text class="digit"[^>]*>2<\/text>/);
});

test("the manual can be read on a phone, with a keyboard and by a screen reader", async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  for (const width of [320, 1280]) {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    await page.goto(pathToFileURL(path.join(manual, "index.html")).href);
    await axe(page);
    assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= width, `wider than ${width} px`);
  }
});
