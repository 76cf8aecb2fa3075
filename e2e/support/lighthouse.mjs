/** Lighthouse over pages of a person who is logged in. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import lighthouse from "lighthouse";
import { chromium } from "playwright-core";
import { ARGUMENTS } from "./browser.mjs";
import { freePorts } from "./demo.mjs";
import { chromiumProgram } from "./places.mjs";

const CATEGORIES = ["accessibility", "best-practices"];

/** What Lighthouse cannot like here: the demo speaks HTTP on loopback, and a form that was sent wrong is answered by 422. */
const SKIPPED = ["is-on-https", "redirects-http"];

/**
 * Opens a browser whose only profile Lighthouse shares, lets `enter` log in there, and judges addresses.
 * @param {(page: import("playwright-core").Page) => Promise<string[]>} enter gives the addresses
 * @returns {Promise<{address: string, scores: Record<string, number>, faults: string[]}[]>} scores from 0 to 100
 */
export async function lightUp(enter) {
  const home = await mkdtemp(path.join(os.tmpdir(), "madoguchi-lighthouse-"));
  const [port] = await freePorts(1);
  const args = [...ARGUMENTS, `--remote-debugging-port=${port}`];
  const context = await chromium.launchPersistentContext(home, { executablePath: chromiumProgram, args, locale: "ja-JP" });
  try {
    const results = [];
    for (const address of await enter(await context.newPage())) results.push(await judged(address, port));
    return results;
  } finally {
    await context.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Pages of the server's own making are whole when they are loaded: nothing is waited for afterwards. */
const AT_ONCE = { pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 0, cpuQuietThresholdMs: 0 };
const AS_IT_IS = { throttlingMethod: "simulate", disableStorageReset: true, disableFullPageScreenshot: true };

async function judged(address, port) {
  const settings = { onlyCategories: CATEGORIES, skipAudits: SKIPPED, ...AT_ONCE, ...AS_IT_IS };
  const { lhr } = await lighthouse(address, { port, logLevel: "error" }, { extends: "lighthouse:default", settings });
  if (lhr.runtimeError) throw new Error(`Lighthouse could not judge ${address}: ${lhr.runtimeError.message}`);
  const scores = Object.fromEntries(CATEGORIES.map((each) => [each, Math.round(lhr.categories[each].score * 100)]));
  const counted = CATEGORIES.flatMap((each) => lhr.categories[each].auditRefs).filter((audit) => audit.weight > 0);
  const faults = counted.map(({ id }) => lhr.audits[id]).filter((audit) => audit.score !== null && audit.score < 1);
  return { address, landed: lhr.finalDisplayedUrl, scores, faults: faults.map((audit) => `${audit.id}: ${audit.title}`) };
}
