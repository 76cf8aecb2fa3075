/** What the people of the stories do again and again: log in, read their post, open files, be looked at by us. */
import assert from "node:assert/strict";
import { axe, fill, press } from "./page.mjs";

/** A screen of 1280 x 1024 at 400 %, and the narrowest phone: no page may need sideways scrolling on it (WCAG 1.4.10). */
const NARROWEST = { width: 320, height: 256 };

/** Logs a person in from wherever they are. */
export async function logIn(page, demo, { email, password }) {
  await page.goto(`${demo.portal}/login`);
  await fill(page, { メールアドレス: email, パスワード: password });
  await press(page, "ログインする");
}

/** Logs a person out by the menu with their name. */
export async function logOut(page) {
  const menu = page.locator("details", { has: page.getByRole("button", { name: "ログアウト", includeHidden: true }) });
  await menu.locator("summary").click();
  await press(page, "ログアウト");
}

/**
 * Opens the newest item with this title in the demo's mailbox, in a tab of its own.
 * @param {(tab: object) => Promise<T>} read
 * @returns {Promise<T>} what `read` gives
 * @template T
 */
export async function fromMailbox(page, demo, title, read) {
  const tab = await page.context().newPage();
  try {
    await tab.goto(demo.mailbox);
    await tab.getByRole("link", { name: title, exact: true }).first().click();
    await tab.getByRole("heading", { level: 1, name: title }).waitFor();
    return await read(tab);
  } finally {
    await tab.close();
  }
}

/** Pairs of a description list as they are read: label to value; of several alike the first. */
export async function facts(scope) {
  const labels = await scope.locator("dt").allInnerTexts();
  const values = await scope.locator("dt + dd").allInnerTexts();
  const pairs = labels.map((label, place) => [label.trim(), values[place]?.trim() ?? ""]);
  return Object.fromEntries(pairs.reverse());
}

/** Fetches what a link of the page leads to, with the person's cookies. */
export async function open(page, name) {
  const link = page.getByRole("link", { name }).first();
  const answer = await page.request.get(new URL(await link.getAttribute("href"), page.url()).href);
  assert.equal(answer.status(), 200, `${answer.url()} answers ${answer.status()}`);
  return answer.body();
}

/** Asserts that the page says each of these. */
export async function says(page, ...sentences) {
  const text = (await page.locator("body").innerText()).replace(/\s+/g, "");
  for (const sentence of sentences) {
    assert.ok(text.includes(sentence.replace(/\s+/g, "")), `${page.url()} does not say 「${sentence}」`);
  }
}

/** Asserts that the page has this as its one first heading. */
export async function arrives(page, heading) {
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/**
 * Asserts that the form was refused as it should be: its title, the summary with these sentences in the focus (with
 * scripts), each linked to its field.
 * @param {Record<string, string | RegExp>} faults label of the field's input or group to a part of the sentence
 */
export async function refused(page, javaScript, faults) {
  await page.getByRole("alert").first().waitFor();
  assert.match(await page.title(), /^エラー：/);
  const summary = page.locator("[data-error-summary]");
  assert.equal(await summary.locator("li").count(), Object.keys(faults).length, await summary.innerText());
  if (javaScript) assert.ok(await summary.evaluate((box) => box === document.activeElement), "the summary has the focus");
  for (const [id, words] of Object.entries(faults)) {
    const link = summary.locator(`a[href="#f-${id}"]`);
    assert.match(await link.innerText(), words instanceof RegExp ? words : new RegExp(words));
    assert.equal(await page.locator(`[id="f-${id}"]`).count(), 1, `#f-${id} is where the sentence leads`);
  }
}

/**
 * Judges pages for a story: one heading, no dead link, no sideways scrolling, and in the telling with scripts
 * accessibility and pictures too; the pages are the same in both.
 * @param {{javaScript: boolean, shot: Function}} stage
 * @returns {(page: object, name: string) => Promise<void>}
 */
export function judge({ javaScript, shot }) {
  const followed = new Set();
  return async (page, name) => {
    assert.equal(await page.locator("h1").count(), 1, `${page.url()} needs one first heading`);
    if (javaScript) await axe(page);
    await noDeadLinks(page, followed);
    await fitsNarrowScreen(page);
    if (javaScript) await shot(page, name);
  };
}

async function fitsNarrowScreen(page) {
  const size = page.viewportSize();
  await page.setViewportSize(NARROWEST);
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  await page.setViewportSize(size);
  assert.ok(width <= NARROWEST.width, `${page.url()} is ${width} px wide on a screen of ${NARROWEST.width}`);
}

/** Follows each address of our own once a story; pages of one case stand for those of another. */
async function noDeadLinks(page, followed) {
  const links = page.locator("a[href]");
  const addresses = await links.evaluateAll((all) => all.map((link) => link.href));
  const here = new URL(page.url());
  for (const address of new Set(addresses.map((each) => each.split("#")[0]))) {
    const kind = address.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id");
    const elsewhere = !address.startsWith(here.origin) || address === here.href.split("#")[0];
    if (elsewhere || followed.has(kind)) continue;
    followed.add(kind);
    const status = here.protocol === "https:" ? await visited(page, address) : (await page.request.get(address)).status();
    assert.ok(status < 400, `${page.url()} links to ${address}, which answers ${status}`);
  }
}

/** Only the browser itself knows the demo authority that the closed network's certificate comes from. */
async function visited(page, address) {
  const tab = await page.context().newPage();
  try {
    return (await tab.goto(address)).status();
  } finally {
    await tab.close();
  }
}
