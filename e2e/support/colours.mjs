/** Pages without colours of their own and without movement, as some people must have them. */
import assert from "node:assert/strict";

/** What moves, and what has no edge when the colours of its ground are taken away. */
function restlessOrEdgeless() {
  const style = (element) => getComputedStyle(element);
  const name = (element) => `${element.tagName}.${element.className}`;
  const seconds = (text) => Math.max(...text.split(",").map((each) => parseFloat(each)));
  const moves = [...document.querySelectorAll("body *")].filter(
    (one) => seconds(style(one).transitionDuration) > 0.01 || seconds(style(one).animationDuration) > 0.01,
  );
  const boxes = document.querySelectorAll(".button, .input, .panel, .banner, .state, .choice");
  const edgeless = [...boxes].filter((one) => one.checkVisibility() && parseFloat(style(one).borderTopWidth) === 0 && style(one).outlineStyle === "none");
  const flat = edgeless.filter((one) => !one.matches(".button-quiet, .panel"));
  return { moves: [...new Set(moves.map(name))], edgeless: [...new Set(flat.map(name))] };
}

/**
 * Lets the page stand in forced colours with less motion while `act` runs, and asserts that every box keeps an edge and
 * nothing moves.
 * @param {() => Promise<void>} [act]
 */
export async function inForcedColours(page, act = async () => {}) {
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  try {
    await act();
    const { moves, edgeless } = await page.evaluate(restlessOrEdgeless);
    assert.deepEqual(moves, [], `moves on ${page.url()} although less motion is asked for`);
    assert.deepEqual(edgeless, [], `without edge on ${page.url()} in forced colours`);
  } finally {
    await page.emulateMedia({ forcedColors: null, reducedMotion: null });
  }
}
