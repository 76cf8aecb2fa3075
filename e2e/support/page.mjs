/** What a journey does on a page: fill by label, judge with axe, take a picture. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import axe_ from "axe-core";
import { output, slug } from "./places.mjs";

/** The narrowest phone and the smallest desktop that the look is made for. */
const PHONE = { width: 360, height: 740 };

/** A long page takes a while on a busy machine. */
const PICTURE_LIMIT_MS = 60_000;

/** Pages without scripts, with the protocol session that keeps scripts off; see `withScripts`. */
const scriptless = new WeakMap();

/** Marks a page whose scripts are switched off; `axe` lifts that for its own run only. */
export function markScriptless(page) {
  scriptless.set(page, null);
}

/** Shapes of pages that axe has judged. */
const judged = new Set();

/** What a page looks like to axe, whatever its words: address without numbers, elements with their classes and states. */
async function shape(page) {
  const place = new URL(page.url()).pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id");
  const states = ["class", "open", "aria-invalid", "aria-expanded", "disabled", "hidden"];
  const elements = await page.evaluate(
    (names) => [...document.querySelectorAll("main *, header *")].map((one) => one.tagName + names.map((name) => one.getAttribute(name))).join(),
    states,
  );
  return `${place} ${elements}`;
}

/** Judges a page that a person leaves, unless one like it was judged before: so every state on the way is seen. */
async function glance(page) {
  if (scriptless.has(page) || !page.url().startsWith("http") || judged.has(await shape(page))) return;
  await axe(page);
}

/**
 * Asserts that axe-core finds nothing on the page as it stands, including target sizes (WCAG 2.2, 2.5.8).
 * @throws {assert.AssertionError} naming each rule, place and remedy
 */
export async function axe(page) {
  if (!scriptless.has(page)) judged.add(await shape(page));
  const result = await withScripts(page, async () => {
    await page.evaluate(axe_.source);
    return page.evaluate(() => globalThis.axe.run(document, { rules: { "target-size": { enabled: true } } }));
  });
  assert.ok(result.passes.length > 0, `axe judged nothing on ${page.url()}`);
  const found = result.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id} (${rule.impact}) at ${node.target.join(" ")}\n  ${node.failureSummary}`),
  );
  assert.equal(found.length, 0, `${found.length} accessibility violations on ${page.url()}\n${found.join("\n")}`);
}

/**
 * axe needs timers and promises, which a page without scripts does not run. Detaching a protocol session that
 * had switched scripts off switches them on; the page's own scripts were skipped at load and stay skipped.
 */
async function withScripts(page, action) {
  if (!scriptless.has(page)) return action();
  const held = scriptless.get(page) ?? (await switchScriptsOff(page));
  await held.detach();
  try {
    return await action();
  } finally {
    scriptless.set(page, await switchScriptsOff(page));
  }
}

async function switchScriptsOff(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setScriptExecutionDisabled", { value: true });
  return session;
}

/**
 * Takes a picture of the whole page, at desktop and at phone width.
 * @param {string} name `journey/step`; the files are `target/e2e/journey/step.png` and `step.phone.png`
 * @returns {Promise<string[]>} the two files
 */
export async function shot(page, name) {
  const stem = path.join(output, ...name.split("/").map(slug));
  await mkdir(path.dirname(stem), { recursive: true });
  const files = [`${stem}.png`, `${stem}.phone.png`];
  const desktop = page.viewportSize();
  await page.screenshot({ path: files[0], fullPage: true, timeout: PICTURE_LIMIT_MS });
  await page.setViewportSize(PHONE);
  try {
    await page.screenshot({ path: files[1], fullPage: true, timeout: PICTURE_LIMIT_MS });
  } finally {
    await page.setViewportSize(desktop);
  }
  return files;
}

/** A whole label, with or without the mark 必須 or 任意 around it. */
export function wholeLabel(label) {
  const text = label.trim().replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/\s+/g, "\\s+");
  return new RegExp(`^\\s*(必須|任意)?\\s*${text}\\s*(（?(必須|任意)）?)?\\s*$`);
}

/**
 * The one visible-or-hidden input with this label.
 * @returns {import("playwright-core").Locator} strict: two inputs of the same label fail
 */
export function field(page, label) {
  return page.getByLabel(wholeLabel(label));
}

/**
 * Fills inputs by their labels, in the order given, as a person reads them.
 * @param {Record<string, string | boolean>} values label to what is typed; the words of an option in a list; `true` or
 *   `false` for a check box
 */
export async function fill(page, values) {
  for (const [label, value] of Object.entries(values)) {
    const input = field(page, label);
    const kind = await input.evaluate((element) => element.tagName);
    if (typeof value === "boolean") await input.setChecked(value);
    else if (kind === "SELECT") await input.selectOption({ label: value });
    else await input.fill(value);
  }
}

/** Chooses one option of a group of radio buttons or check boxes by the group's legend and the option's label. */
export async function choose(page, legend, option) {
  await page.getByRole("group", { name: wholeLabel(legend) }).getByLabel(wholeLabel(option)).check();
}

/** Presses the button or link with this whole name. */
export async function press(page, name) {
  await glance(page);
  const button = page.getByRole("button", { name, exact: true });
  await button.or(page.getByRole("link", { name, exact: true })).click();
}
