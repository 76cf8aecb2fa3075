// Suggestions under the search boxes, as a combobox: arrows choose, Enter looks for it, Escape closes. Without this file the
// boxes are plain.

const PAUSE = 200;
const FEWEST = 2;

// What is said to a screen reader when suggestions change.
export function told(count) {
  return count === 0 ? "候補はありません。" : `候補が${count}件あります。上下の矢印キーで選べます。`;
}

// The place of the next choice: -1 is the box itself, so that every arrow leads on and back.
export function moved(place, step, count) {
  return ((place + 1 + step + (count + 1)) % (count + 1)) - 1;
}

function option(id, place, { text, kind }) {
  const item = document.createElement("li");
  item.id = `${id}-${place}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.text = text;
  item.append(text);
  if (kind) {
    const mark = document.createElement("span");
    mark.className = "mark mark-optional";
    mark.textContent = kind;
    item.append(" ", mark);
  }
  return item;
}

function combobox(input) {
  const id = `${input.id}-suggestions`;
  const list = document.createElement("ul");
  list.id = id;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "検索の候補");
  const status = document.createElement("span");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  input.after(list, status);
  const fixed = { role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(fixed)) input.setAttribute(name, value);
  return { list, status };
}

function watch(input) {
  const { list, status } = combobox(input);
  let place = -1;
  let typed = input.value;
  let timer;
  let asked = 0;

  const close = () => {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    place = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (next) => {
    list.children[place]?.setAttribute("aria-selected", "false");
    place = next;
    const item = list.children[place];
    item?.setAttribute("aria-selected", "true");
    item?.scrollIntoView({ block: "nearest" });
    if (item) input.setAttribute("aria-activedescendant", item.id);
    else input.removeAttribute("aria-activedescendant");
    input.value = item ? item.dataset.text : typed;
  };
  const show = (found) => {
    list.replaceChildren(...found.map((one, number) => option(list.id, number, one)));
    place = -1;
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
    status.textContent = told(found.length);
  };
  const ask = async () => {
    const number = ++asked;
    try {
      const answer = await fetch(`/search/suggest?q=${encodeURIComponent(typed)}`, { headers: { accept: "application/json" } });
      const found = answer.ok ? await answer.json() : [];
      if (number === asked) show(found);
    } catch {
      if (number === asked) close();
    }
  };

  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    typed = input.value;
    if ([...typed.trim()].length < FEWEST) close();
    else timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("compositionend", () => input.dispatchEvent(new Event("input")));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(moved(place, step, list.children.length));
    } else if (event.key === "Escape") {
      event.preventDefault();
      input.value = typed;
      close();
    }
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    input.value = item.dataset.text;
    close();
    input.form.requestSubmit();
  });
}

export function suggestWords() {
  document.querySelectorAll("input[data-search-suggest]").forEach(watch);
}
