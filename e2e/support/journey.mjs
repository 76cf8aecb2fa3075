/** A journey: one story, told twice, with JavaScript and without, each time against a demo of its own. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { launch } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { markScriptless, shot } from "./page.mjs";
import { output, slug } from "./places.mjs";
import { watchContext } from "./watch.mjs";

const JOURNEY_LIMIT_MS = 15 * 60_000;
const PATIENCE_MS = 30_000;

/**
 * @typedef {object} Stage what a story gets
 * @property {import("./demo.mjs").Demo} demo the running system
 * @property {boolean} javaScript whether scripts run in this telling
 * @property {(name: string, options?: object) => Promise<import("playwright-core").Page>} person a new person with a
 *   browser window, cookies and a page of their own; `options` are Playwright's context options, such as
 *   `holding(address, file, passphrase)` for the connection test
 * @property {(name: string, act: () => Promise<void>) => Promise<void>} step a named part; when it fails the story ends
 * @property {(page: object, name: string) => Promise<string[]>} shot a picture in the journey's own folder
 */

/**
 * Registers the tests of a journey.
 * @param {string} title
 * @param {(stage: Stage) => Promise<void>} story
 * @param {object} [options]
 * @param {() => Promise<import("./demo.mjs").Demo>} [options.start] starts the system; default: a fresh demo
 * @param {boolean[]} [options.tellings] with scripts (`true`), without (`false`); default: both
 */
export function journey(title, story, { start = startDemo, tellings = [true, false] } = {}) {
  for (const javaScript of tellings) {
    const name = javaScript ? title : `${title} (without JavaScript)`;
    test(name, { timeout: JOURNEY_LIMIT_MS }, (t) => tell(t, name, story, { start, javaScript }));
  }
}

async function tell(t, name, story, { start, javaScript }) {
  const demo = await start();
  const browser = await launch({ trust: demo.ca_certificate ? [demo.ca_certificate] : [] }).catch(async (error) => {
    await demo.stop();
    throw error;
  });
  const people = new Map();
  const stage = {
    demo,
    javaScript,
    person: (who, options) => enter(browser, people, who, { ...options, javaScriptEnabled: javaScript }),
    step: (part, act) => step(t, part, act),
    shot: (page, picture) => shot(page, `${name}/${picture}`),
  };
  try {
    await story(stage);
    for (const [who, { complaints }] of people) assert.deepEqual(complaints, [], `${who}'s browser complained`);
  } catch (error) {
    await keepEvidence(name, people, demo);
    throw error;
  } finally {
    await browser.close();
    await demo.stop();
  }
}

async function enter(browser, people, who, options) {
  const context = await browser.newContext({ locale: "ja-JP", timezoneId: "Asia/Tokyo", ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = watchContext(context);
  if (!options.javaScriptEnabled) context.on("page", markScriptless);
  const page = await context.newPage();
  people.set(who, { page, complaints });
  return page;
}

/** A failed sub-test does not stop its parent by itself; a journey cannot go on after a failed step. */
async function step(t, part, act) {
  let failure;
  await t.test(part, async () => {
    try {
      await act();
    } catch (error) {
      failure = error;
      throw error;
    }
  });
  if (failure) throw new Error(`the journey ended at "${part}": ${failure.message}`);
}

async function keepEvidence(name, people, demo) {
  const folder = path.join(output, slug(name));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "server.log"), demo.log());
  for (const [who, { page, complaints }] of people) {
    const stem = path.join(folder, `failed-${slug(who)}`);
    await writeFile(`${stem}.txt`, [page.url(), ...complaints, ""].join("\n"));
    await page.screenshot({ path: `${stem}.png`, fullPage: true }).catch(() => undefined);
    await page.content().then((html) => writeFile(`${stem}.html`, html), () => undefined);
  }
}
