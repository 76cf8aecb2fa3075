/** The words in which chapters are written: what a reader does on a page, each with the sentence that tells it. */

/**
 * @typedef {object} Mark something on the page that gets a number, a frame and a line of text
 * @property {"fill" | "pick" | "tick" | "open" | "press" | "look"} kind
 * @property {string} name what a person reads: a label, the words of an option, the name of a button
 * @property {string} [group] legend around the option
 * @property {string | ((kept: object) => string)} [value] what is typed or selected
 * @property {string} say the sentence behind it in the manual
 * @property {boolean} [secret] whether the manual keeps quiet about the value
 * @property {boolean} [own] whether the option is only an example
 * @property {string} [inside] heading of the part of the page that it is looked for in
 */

/** Types into the field with this label, or selects the option of these words. */
export const fill = (name, value, say, more = {}) => ({ kind: "fill", name, value, say, ...more });

/** Chooses an option of a group by its legend; `own: true` where readers choose what fits them, and this is an example. */
export const pick = (group, name, say, more = {}) => ({ kind: "pick", group, name, say, ...more });

/** Sets a check box; `group` is the legend around it. */
export const tick = (group, name, say, more = {}) => ({ kind: "tick", group, name, say, ...more });

/** Opens what is folded away. */
export const open = (name, say, more = {}) => ({ kind: "open", name, say, ...more });

/** Presses a button or a link: the last thing that is done on a picture. */
export const press = (name, say = "", more = {}) => ({ kind: "press", name, say, ...more });

/** Shows a place and does nothing there; it is found by its words. */
export const look = (name, say, more = {}) => ({ kind: "look", name, say, ...more });

/** The words in 「」 of a text: each is a promise that the page says just that. */
export function quoted(text) {
  return [...text.matchAll(/「([^「」]+)」/g)].map(([, words]) => words);
}

/** All sentences of a step. */
export function sentences(step) {
  return [step.title, ...(step.text ?? []), ...(step.after ?? []), ...(step.marks ?? []).map((mark) => mark.say)];
}

/** Text as it is compared: without differences of width, space and line. */
export function plain(text) {
  return text.normalize("NFKC").replace(/\s+/g, "");
}
