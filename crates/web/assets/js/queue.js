// Keyboard in the back office. In a list, while the focus is in it (WCAG 2.1.4): J and K move between rows, X chooses one,
// / goes to the filters. On a case, single keys follow its links; they can be switched off, and rest while someone types.

const OFF = "case-keys-off";

function typing(event) {
  return event.target.closest("input:not([type='checkbox']), select, textarea") || event.ctrlKey || event.metaKey || event.altKey;
}

export function moveInQueue() {
  for (const queue of document.querySelectorAll("[data-queue]")) {
    const links = [...queue.querySelectorAll("tbody a.cell-link")];
    queue.addEventListener("keydown", (event) => {
      if (typing(event)) return;
      const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
      if (event.key === "j") links[Math.min(at + 1, links.length - 1)]?.focus();
      else if (event.key === "k") links[Math.max(at - 1, 0)]?.focus();
      else if (event.key === "x") links[at]?.closest("tr").querySelector("input[type='checkbox']")?.click();
      else if (event.key === "/") document.querySelector(".filter-bar .input")?.focus();
      else return;
      event.preventDefault();
    });
  }
}

export function moveBetweenCases() {
  const way = document.querySelector("[data-case-keys]");
  const toggle = way?.querySelector("[data-keys-toggle]");
  if (!toggle) return;
  let off = localStorage.getItem(OFF) === "yes";
  const show = () => {
    toggle.textContent = off ? "キー操作を使う" : "キー操作を切る";
  };
  toggle.addEventListener("click", () => {
    off = !off;
    localStorage.setItem(OFF, off ? "yes" : "no");
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (off || event.shiftKey || typing(event)) return;
    way.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
  show();
  way.querySelector("[data-keys-hint]").hidden = false;
}

// A canned text goes into the field below, where it can be edited, and its list then says only what the text is about;
// without this file both are sent and joined. The focus stays in the list, where arrow keys go through all its texts.
export function editCanned() {
  for (const list of document.querySelectorAll("select[data-canned]")) {
    const { name } = list;
    let inserted = "";
    list.addEventListener("change", () => {
      const field = document.getElementById(list.dataset.canned);
      if (!field) return;
      const words = list.value ? list.selectedOptions[0].textContent : "";
      if (inserted && field.value.includes(inserted)) field.value = field.value.replace(inserted, words);
      else if (words) field.value = field.value ? `${field.value}\n${words}` : words;
      inserted = words;
      list.name = `about-${name}`;
    });
  }
}
