/** The demo that stands still, and the people who walk through it. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { holding, launch, startDemo } from "../../support/index.mjs";
import { VIEW } from "./picture.mjs";
import { CLOSED_HOST, evidence, STANDS_AT } from "./places.mjs";

const PATIENCE_MS = 20_000;

/** Opens a fresh demo and a browser, does the work, and ends both. */
export async function onStage(work, { meet } = {}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "madoguchi-manual-"));
  const demo = await startDemo({ extra: ["--still-at", STANDS_AT, "--closed-url", `https://${CLOSED_HOST}`] });
  const browser = await launch({ hosts: { [CLOSED_HOST]: demo.closed_port } }).catch(async (error) => {
    await demo.stop();
    throw error;
  });
  const people = new Map();
  const enter = (options) => newcomer(browser, options, meet);
  const stage = {
    demo, folder, kept: {},
    base: (who) => ({ terminal: demo.closed_network, installed: byPort(demo) })[who] ?? demo.portal,
    person: async (who) => {
      if (!people.has(who)) people.set(who, await enter(who === "terminal" ? { ignoreHTTPSErrors: true } : {}));
      return people.get(who);
    },
    install: async (file, passphrase) => people.set("installed", await enter(holding(byPort(demo), file, passphrase))),
  };
  try {
    return await work(stage);
  } catch (error) {
    await keepEvidence(error, demo);
    throw error;
  } finally {
    await browser.close();
    await demo.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the page looked like at which the walk ended, and what the server said. */
async function keepEvidence({ page }, demo) {
  await mkdir(evidence, { recursive: true });
  await writeFile(path.join(evidence, "server.log"), demo.log());
  if (!page) return;
  await page.screenshot({ path: path.join(evidence, "failed.png"), fullPage: true }).catch(() => undefined);
  await page.innerText("body").then((text) => writeFile(path.join(evidence, "failed.txt"), text), () => undefined);
}

/** Playwright makes connections with a client certificate itself and knows no names of ours. */
const byPort = (demo) => `https://127.0.0.1:${demo.closed_port}`;

/** The browser's clock stands where the demo's does. */
async function newcomer(browser, options, meet) {
  const context = await browser.newContext({
    locale: "ja-JP", timezoneId: "Asia/Tokyo", viewport: VIEW, reducedMotion: "reduce", ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.clock.setFixedTime(new Date(`${STANDS_AT}:00+09:00`));
  await meet?.(context);
  return context.newPage();
}
