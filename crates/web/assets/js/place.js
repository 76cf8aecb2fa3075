// Remembers at which question a person is, for the draft; and puts the focus on the question that the address names.
import { reach } from "./errors.js";

function remember(form, kept) {
  form.addEventListener("focusin", ({ target }) => {
    if (target.name && target.type !== "hidden" && target.type !== "submit") kept.value = target.name;
  });
}

export function keepPlace() {
  for (const kept of document.querySelectorAll("input[data-left-at]")) remember(kept.form, kept);
  const errors = document.querySelector("[data-error-summary]");
  if (!errors && location.hash.startsWith("#f-")) reach(decodeURIComponent(location.hash.slice(1)));
}
