/** What is noted of a page: everything a reader of the manual relies on, and nothing that changes from run to run. */

/** An address without what is different in every installation. */
export function address(url) {
  const { pathname, search } = new URL(url);
  const path = pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ":id").replace(/\/[\w-]{40,}/g, "/:token");
  return path + search.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ":id").replace(/=[\w-]{30,}/g, "=:token");
}

/** Everything that a person can read on a page, with the options of lists. */
export function pageWords(page) {
  return page.evaluate(() => [
    document.body.innerText,
    ...[...document.querySelectorAll("option")].map((option) => option.label),
    ...[...document.querySelectorAll("summary, [aria-label]")].map((one) => one.getAttribute("aria-label") ?? one.innerText),
  ]);
}

/** What the page says about the thing that a mark stands for. */
export function factsOf(element, mark) {
  return element.evaluate(FACTS[mark.kind] ?? (() => ({})));
}

function ofField(input) {
  const text = (node) => node.innerText.replace(/\s+/g, " ").trim();
  const all = (within, places) => [...within.querySelectorAll(places)].map(text);
  const field = input.closest(".field") ?? input.parentElement;
  const facts = {};
  const required = field.querySelector(".mark");
  if (required) facts.required = text(required);
  const help = all(field, ".field-help:not([data-counter]) p, .section-lead, .choice-note");
  if (help.length > 0) facts.help = help;
  const options = input.tagName === "SELECT" ? [...input.options].map((option) => option.label) : all(field, ".choice-label");
  // A list of all prefectures or months says nothing about the page.
  if (options.length > 1 && options.length <= 16) facts.options = options;
  const links = all(field, "a.document-link");
  if (links.length > 0) facts.links = links;
  return facts;
}

function ofButton(button) {
  const before = button.closest(".button-row")?.previousElementSibling;
  const said = before?.classList.contains("before-button") ? before.innerText.replace(/\s+/g, " ").trim() : "";
  return { is: button.tagName === "A" ? "link" : "button", ...(said ? { said } : {}) };
}

const FACTS = { fill: ofField, pick: ofField, tick: ofField, press: ofButton };
