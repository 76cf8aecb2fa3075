/** Walks through the book: does on the pages what the steps say, and notes what the pages say. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { find } from "./find.mjs";
import { Mismatch } from "./mismatch.mjs";
import { VIEW, WIDE } from "./picture.mjs";
import { lineOf, readPaper } from "./paper.mjs";
import { address, factsOf, pageWords } from "./record.mjs";
import { plain, quoted, sentences } from "./words.mjs";

/** How long a draft may take to be kept by the page's own script. */
const KEPT_MS = 10_000;

/** When the page's own script has read a code back. */
const READ_BACK_MS = 500;

/**
 * @typedef {object} Stage
 * @property {import("../../support/demo.mjs").Demo} demo
 * @property {(who: string) => Promise<import("playwright-core").Page>} person someone's page, the same at each call
 * @property {object} kept what a step leaves for later ones: numbers, codes, files
 * @property {string} folder for files
 */

/** Numbers chapters from 1 and their steps from 1 (`3-2`), and puts these numbers where texts name a chapter or a step. */
export function numbered(chapters) {
  const known = new Map();
  chapters.forEach(({ id, steps }, place) => {
    known.set(id, `${place + 1}章`);
    steps.forEach(({ key }, at) => key && known.set(`${id}.${key}`, `${place + 1}-${at + 1}`));
  });
  const told = (text) => text?.replace(/\{([\w.]+)\}/g, (whole, name) => {
    if (!known.has(name)) throw new Mismatch(`no chapter or step is called ${whole}`);
    return known.get(name);
  });
  const step = (one, number) => ({
    ...one, number, text: one.text?.map(told), after: one.after?.map(told), list: one.list?.map(told),
    ...(one.marks ? { marks: one.marks.map((mark) => ({ ...mark, say: told(mark.say) })) } : {}),
  });
  return chapters.map((chapter, place) => ({
    ...chapter, number: place + 1, lead: chapter.lead.map(told), steps: chapter.steps.map((one, at) => step(one, `${place + 1}-${at + 1}`)),
  }));
}

/**
 * Walks through all chapters in order.
 * @param {(page: object, step: object, found: object[]) => Promise<void>} [shoot] takes the step's picture
 * @returns {Promise<object[]>} the record: one entry for each step
 * @throws {Mismatch} at the first step that does not fit its page, naming chapter, step and what is missing
 */
export async function walk(stage, chapters, shoot = async () => undefined) {
  const record = [];
  for (const chapter of chapters) {
    for (const step of chapter.steps) {
      const page = await stage.person(step.as ?? chapter.as ?? "clinic");
      try {
        record.push(await told(stage, page, chapter, step, shoot));
      } catch (error) {
        const known = error instanceof Mismatch ? error : new Mismatch(`${error.message}`);
        throw Object.assign(known.at(chapter, step, address(page.url())), { cause: error, page });
      }
    }
  }
  return record;
}

async function told(stage, page, chapter, step, shoot) {
  const told = { chapter: chapter.title, step: step.number, title: step.title };
  if (step.source) told.source = step.source;
  Object.assign(told, { text: step.text ?? [], after: step.after ?? [] });
  if (!step.marks && !step.start && !step.heading) return promises(step, told, []);
  await page.setViewportSize(step.wide ?? chapter.wide ? WIDE : VIEW);
  await step.before?.(stage, page);
  if (step.paper) return onPaper(stage, page, step, told, shoot);
  if (step.start) await page.goto(new URL(step.start, stage.base(step.as ?? chapter.as)).href);
  if (step.heading) await headed(page, step.heading);
  Object.assign(told, { address: address(page.url()), heading: await heading(page) });
  const { found, pressed } = await enact(stage, page, step, shoot);
  told.marks = found.map(({ mark, facts }) => ({ kind: mark.kind, name: mark.name, say: mark.say, ...facts }));
  const words = await pageWords(page);
  if (pressed) words.push(...(await press(stage, page, step, pressed, told)));
  return promises(step, told, words);
}

/** A letter instead of a page: the marks are words on it. */
async function onPaper(stage, page, step, told, shoot) {
  const paper = await readPaper(stage.folder, step.paper(stage.kept));
  const found = step.marks.map((mark) => ({ mark, line: lineOf(paper, mark.name) }));
  told.marks = step.marks.map(({ name, say }) => ({ kind: "paper", name, say }));
  await shoot(page, step, found, paper);
  return promises(step, told, paper.words.map((word) => word.text));
}

/** Everything but the last press; the picture is taken between. */
async function enact(stage, page, step, shoot) {
  const found = [];
  for (const mark of step.marks ?? []) {
    const element = await find(page, mark);
    await ACTS[mark.kind](element, typeof mark.value === "function" ? mark.value(stage.kept) : mark.value);
    found.push({ mark, element, facts: await factsOf(element, mark) });
  }
  const presses = found.filter(({ mark }) => mark.kind === "press");
  assert.ok(presses.length <= 1, "a step presses one button");
  assert.ok(presses.length === 0 || found.at(-1) === presses[0], "the button is pressed last");
  if (found.some(({ mark }) => mark.kind !== "look" && mark.kind !== "press")) await settled(page);
  await shoot(page, step, found);
  return { found, pressed: presses[0]?.element };
}

const ACTS = {
  fill: async (element, value) => {
    const kind = await element.evaluate((input) => input.tagName);
    if (kind === "SELECT") await element.selectOption({ label: value });
    else await element.fill(value);
  },
  pick: (element) => element.check(),
  tick: (element) => element.check(),
  open: (element) => element.click(),
  press: async () => undefined,
  look: async () => undefined,
};

async function press(stage, page, step, pressed, told) {
  if (step.download) {
    const [download] = await Promise.all([page.waitForEvent("download"), pressed.click()]);
    await step.download(stage, download);
    return pageWords(page);
  }
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), pressed.click()]);
  told.leads_to = { address: address(page.url()), heading: await heading(page) };
  if (await page.locator("[data-error-summary]").count()) {
    throw new Mismatch(`the page refuses what the manual enters:\n  ${await page.locator("[data-error-summary]").innerText()}`);
  }
  return pageWords(page);
}

/** Waits for the page's own script to keep the draft, and takes the focus away. */
async function settled(page) {
  const draft = page.locator("form[data-autosave-url] [data-save-state]");
  if (await draft.count()) await draft.filter({ hasText: /保存しました/ }).waitFor({ timeout: KEPT_MS });
  // What was typed is read back a moment later.
  if (await page.locator("[data-playback], [data-counter]").count()) await pause(READ_BACK_MS);
  await page.evaluate(() => document.activeElement?.blur());
}

/** Each word in 「」 must stand on the page, or on the one that the button leads to. */
function promises(step, told, words) {
  const all = plain(words.join("\n"));
  for (const sentence of sentences(step)) {
    for (const word of quoted(sentence)) {
      if (!all.includes(plain(word))) throw new Mismatch(`the text promises 「${word}」, which the page does not say`);
    }
  }
  return told;
}

async function heading(page) {
  return (await page.locator("h1").first().innerText()).replace(/\s+/g, " ").trim();
}

async function headed(page, wanted) {
  const first = page.getByRole("heading", { level: 1, name: wanted, exact: true });
  await first.waitFor({ timeout: KEPT_MS }).catch(async () => {
    throw new Mismatch(`the page is headed 「${await heading(page)}」, not 「${wanted}」`);
  });
}
