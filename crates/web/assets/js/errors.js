// The error summary takes the focus when the page arrives, and its links open the field they name.

// The chosen one of a group takes the focus, as it does for whoever comes by the tab key.
export function reach(id) {
  const field = document.getElementById(id);
  if (!field) return false;
  field.closest("details")?.setAttribute("open", "");
  const group = field.closest("fieldset, .field") ?? field;
  group.scrollIntoView({ block: "start" });
  const chosen = group.querySelector("input[type='radio']:checked");
  (chosen ?? field).focus({ preventScroll: true });
  return true;
}

export function focusErrors() {
  const summary = document.querySelector("[data-error-summary]");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && reach(decodeURIComponent(link.hash.slice(1)))) event.preventDefault();
  });
}
