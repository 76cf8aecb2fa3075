/** Finds what a step marks, as a person would: by label, legend, and the name of a button. */
import { field, wholeLabel } from "../../support/page.mjs";
import { Mismatch } from "./mismatch.mjs";

/**
 * What a mark stands for.
 * @returns {Promise<import("playwright-core").Locator>} exactly one visible element
 * @throws {Mismatch} naming what is there instead
 */
export async function find(page, mark) {
  const all = candidates(scope(page, mark), mark);
  const first = all.first();
  // The page before may still be on its way out.
  await first.waitFor({ state: "attached", timeout: 5_000 }).catch(() => undefined);
  const visible = await seen(all);
  if (visible.length === 1 || (visible.length > 1 && mark.kind === "look")) return visible[0];
  const what = `${WHAT[mark.kind]} 「${mark.name}」`;
  if (visible.length > 1) throw new Mismatch(`${visible.length} times ${what}; say \`inside\` which heading it stands`);
  throw new Mismatch(`no ${what}. There are: ${(await others(page, mark)).join("、") || "none"}`);
}

const WHAT = { fill: "field", pick: "option", tick: "check box", open: "folded part", press: "button or link", look: "text" };

function scope(page, { inside }) {
  if (!inside) return page.locator("body");
  const heading = page.getByRole("heading", { name: inside, exact: true });
  return page.locator("section, article, fieldset, li, form, .panel").filter({ has: heading }).last();
}

function candidates(within, mark) {
  switch (mark.kind) {
    case "fill":
      return field(within, mark.name);
    case "pick":
    case "tick":
      return within.getByRole("group", { name: wholeLabel(mark.group) }).getByLabel(wholeLabel(mark.name));
    case "open":
      return within.locator("summary").filter({ hasText: wholeLabel(mark.name) });
    case "press":
      return within.getByRole("button", { name: mark.name, exact: true }).or(within.getByRole("link", { name: mark.name, exact: true }));
    default:
      if (mark.role) return within.getByRole(mark.role, { name: mark.name, exact: true });
      if (mark.frame === "field") return within.locator(".field-label").filter({ hasText: wholeLabel(mark.name) });
      return within.getByText(mark.name, { exact: true });
  }
}

/** A hidden radio button counts as seen when its label is. */
async function seen(all) {
  const found = [];
  for (const one of await all.all()) {
    const shown = await one.evaluate((element) => {
      const box = (element.closest("label") ?? element).getBoundingClientRect();
      return box.width > 1 && box.height > 1 && element.checkVisibility();
    });
    if (shown) found.push(one);
  }
  const inMain = [];
  for (const one of found) if (await one.evaluate((element) => element.closest("main") !== null)) inMain.push(one);
  return inMain.length > 0 ? inMain : found;
}

/** What the page has of the same kind, for the message. */
async function others(page, { kind }) {
  const places = { fill: "label.field-label", pick: ".choice-label", tick: ".choice-label", open: "summary", look: "h1, h2, h3, dt" };
  const all = await page.locator(places[kind] ?? "main a, main button").filter({ visible: true }).allInnerTexts();
  return all.map((text) => text.trim().replace(/\s+/g, " ")).filter((text) => text.length > 0 && text.length < 60).slice(0, 40);
}
