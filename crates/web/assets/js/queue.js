// Keyboard in the back office, while the focus is in the list (WCAG 2.1.4): J and K move between rows, / goes to the filters.

export function moveInQueue() {
  for (const queue of document.querySelectorAll("[data-queue]")) {
    const links = [...queue.querySelectorAll("tbody a.cell-link")];
    queue.addEventListener("keydown", (event) => {
      if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
      if (event.key === "j") links[Math.min(at + 1, links.length - 1)]?.focus();
      else if (event.key === "k") links[Math.max(at - 1, 0)]?.focus();
      else if (event.key === "/") document.querySelector(".filter-bar .input")?.focus();
      else return;
      event.preventDefault();
    });
  }
}
