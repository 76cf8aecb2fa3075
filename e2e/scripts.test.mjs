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

test("a file is sent by the button beside it, and stands in its field while the rest of the form stays", async (t) => {
  const script = await readFile(path.join(repository, "crates/web/assets/js/upload.js"), "utf8");
  const field = (key, files) => `<div class="field"><ul class="uploads">${files}</ul><div data-upload="100">
    <label for="f-${key}">${key}</label><input type="file" id="f-${key}" name="${key}" multiple>
    <progress max="100" value="0" hidden></progress><p role="status" data-upload-state></p>
    <button type="submit" name="action" value="files/${key}">追加：${key}</button></div></div>`;
  const form = (files) => document(`<form action="/edit" method="post" enctype="multipart/form-data">
    <label for="note">備考</label><input id="note" name="note">${field("receipt", files)}${field("report", "")}
    <button type="submit" name="action" value="leave">中断する</button></form><script type="module">${script}</script>`);
  const address = await serve(t, () => ({ html: form("") }));
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const sent = [];
  await page.route("**/edit", (route) => {
    if (route.request().method() === "GET") return route.fulfill({ contentType: "text/html", body: form("<li>領収書.pdf</li>") });
    sent.push(route.request().postData());
    return route.fulfill(sent.length === 1 ? { status: 422, json: { errors: [{ message: "使えません。" }] } } : { json: { go: "/edit#f-receipt" } });
  });
  await page.goto(address);
  await page.fill("#note", "書きかけ");
  const state = page.locator("[data-upload-state]").first();
  const choose = (key, size) => page.setInputFiles(`#f-${key}`, { name: `${key}.pdf`, mimeType: "application/pdf", buffer: Buffer.alloc(size, 65) });
  await page.getByRole("button", { name: "追加：receipt" }).click();
  assert.match(await state.textContent(), /選んでから/);
  await choose("receipt", 200);
  assert.match(await state.textContent(), /大きすぎます/);
  assert.deepEqual(sent, [], "nothing was sent for that");
  await choose("receipt", 50);
  await choose("report", 50);
  await page.getByRole("button", { name: "追加：receipt" }).click();
  await page.getByText("使えません。").waitFor();
  await page.getByRole("button", { name: "追加：receipt" }).click();
  await page.getByText("領収書.pdf").waitFor();
  assert.equal(await state.textContent(), "1件のファイルを追加しました。");
  assert.match(sent[1], /name="action"\r\n\r\nfiles\/receipt\r\n/);
  assert.doesNotMatch(sent[1], /report\.pdf/, "the other field sends its own");
  assert.equal(await page.inputValue("#note"), "書きかけ");
  assert.equal(await page.locator("#f-report").evaluate((input) => input.files.length), 1, "what was chosen elsewhere stays");
});
