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
