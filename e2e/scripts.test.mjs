/** Small scripts of the pages by themselves, where a whole demo cannot wait for the right moment. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { launch } from "./support/browser.mjs";
import { page as document, serve } from "./support/fixtures.mjs";
import { repository } from "./support/places.mjs";

test("the sentence about the cut-off changes while the page is open, at its moment and not before", async (t) => {
  const script = await readFile(path.join(repository, "crates/web/assets/js/cutoff.js"), "utf8");
  const deadline = Date.parse("2026-05-20T15:00:00Z");
  const line = `<p data-cutoff="${deadline}" data-cutoff-after="6月20日までに送信すると8月から">5月20日までに送信すると7月から</p>`;
  const html = document(`${line}<script type="module">${script}; watchCutoff();</script>`);
  const address = await serve(t, () => ({ html }));
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.clock.install({ time: deadline - 60_000 });
  await page.goto(address);
  await page.clock.runFor(58_000);
  assert.equal(await page.textContent("p"), "5月20日までに送信すると7月から");
  await page.clock.runFor(3_000);
  assert.equal(await page.textContent("p"), "6月20日までに送信すると8月から");
});

test("suggestions are chosen with the arrows, closed with Escape and looked for with a click", async (t) => {
  const script = await readFile(path.join(repository, "crates/web/assets/js/search.js"), "utf8");
  const form = `<form action="/found"><label for="q">さがす</label><input id="q" name="q" data-search-suggest></form>`;
  const html = document(`${form}<script type="module">${script}; suggestWords();</script>`);
  const address = await serve(t, () => ({ html }));
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const asked = [];
  await page.route("**/search/suggest?*", (route) => {
    asked.push(new URL(route.request().url()).searchParams.get("q"));
    return route.fulfill({ json: [{ text: "回線", kind: "" }, { text: "回線種別とは", kind: "解説" }] });
  });
  await page.goto(address);
  const box = page.getByRole("combobox", { name: "さがす" });
  await box.pressSequentially("か");
  await page.waitForTimeout(300);
  assert.deepEqual(asked, [], "one character asks for nothing");
  await box.pressSequentially("いせん");
  await page.getByRole("option", { name: "回線種別とは 解説" }).waitFor();
  assert.deepEqual(asked, ["かいせん"], "asked once, when the typing rests");
  assert.equal(await page.getByRole("status").textContent(), "候補が2件あります。上下の矢印キーで選べます。");
  await box.press("ArrowDown");
  assert.equal(await box.inputValue(), "回線");
  assert.equal(await page.getByRole("option", { selected: true }).count(), 1);
  await box.press("ArrowUp");
  assert.equal(await box.inputValue(), "かいせん", "back to what was typed");
  await box.press("ArrowUp");
  assert.equal(await box.inputValue(), "回線種別とは", "and on from the end");
  await box.press("Escape");
  assert.equal(await box.inputValue(), "かいせん");
  assert.equal(await box.getAttribute("aria-expanded"), "false");
  await box.pressSequentially("し");
  await page.getByRole("option").first().click();
  await page.waitForURL("**/found?q=*");
  assert.equal(new URL(page.url()).searchParams.get("q"), "回線");
});
