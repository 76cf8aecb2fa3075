/** A person who has no mouse: goes from stop to stop with Tab and must see at each where they are. */
import assert from "node:assert/strict";

const MOST_STOPS = 160;

/** Where the keyboard stands, and whether that can be seen: the ring of the focus, wholly or partly in the window. */
function stop(page) {
  return page.evaluate(() => {
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const { top, bottom, width } = here.getBoundingClientRect();
    const label = here.closest("label") ?? here;
    const ringed = [style, getComputedStyle(label)].some((one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2);
    const nowhere = here === document.body;
    return { nowhere, id: here.id, name: here.name ?? "", text: here.textContent.trim(), ringed, seen: width > 0 && bottom > 0 && top < innerHeight };
  });
}

/** Asserts that the person sees where they are; nowhere after the last stop, before the first comes again. */
async function sees(page) {
  const here = await stop(page);
  if (here.nowhere) return undefined;
  assert.ok(here.ringed && here.seen, `the focus cannot be seen on ${JSON.stringify(here)} at ${page.url()}`);
  return here;
}

/** Presses Tab until `wanted` holds; every stop on the way must be seen. */
async function tabTo(page, what, wanted) {
  for (let count = 0; count < MOST_STOPS; count += 1) {
    await page.keyboard.press("Tab");
    const here = await sees(page);
    if (here === undefined) break;
    if (wanted(here)) return;
  }
  assert.fail(`${what} was not reached by the keyboard on ${page.url()}`);
}

/** Goes to the field of this name and presses keys there. */
export async function keysIn(page, name, ...pressed) {
  await tabTo(page, name, (here) => here.name === name);
  for (const key of pressed) await page.keyboard.press(key);
}

/** Goes to the field of this name and types. */
export async function typeIn(page, name, text) {
  await keysIn(page, name);
  await page.keyboard.type(text);
}

/** Goes to the button or link with these words and presses Enter; `words` is its whole text or a part of it as a pattern. */
export async function enter(page, words) {
  await tabTo(page, String(words), (here) => (words instanceof RegExp ? words.test(here.text) : here.text === words));
  await page.keyboard.press("Enter");
}

/** Presses one key where the person is; afterwards they must still see where that is. */
export async function shortcut(page, key) {
  await page.keyboard.press(key);
  return sees(page);
}
