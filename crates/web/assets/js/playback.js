// Reads a typed code back in groups, and tells long text how much room is left.

const LOOK_ALIKES = { O: "0（ゼロ）", I: "1（いち）", L: "1（いち）" };
const PAUSE = 400;

export function normalise(text) {
  return text
    .normalize("NFKC")
    .replace(/[\s\-‐‑‒–—―−ー]/gu, "")
    .toUpperCase();
}

// Letters in front are one group, the digits after them follow in fours.
export function groups(code) {
  const [, letters, rest] = /^([A-Z]*)(.*)$/u.exec(code);
  const fours = rest.match(/.{1,4}/gu) ?? [];
  return letters.length === 3 || rest === "" ? [letters, ...fours].filter(Boolean) : code.match(/.{1,4}/gu);
}

// Customer IDs have only digits behind their first letters; other codes have letters anywhere.
function doubt(code) {
  if (!/^(CAF|COP)/u.test(code)) return "";
  const at = code.search(/(?<=^.{3,})[A-Z]/u);
  if (at < 0) return "";
  const letter = code[at];
  const meant = LOOK_ALIKES[letter];
  return `${at + 1}文字目が英字の「${letter}」です。${meant ? `数字の${meant}ではありませんか。` : "数字で入力してください。"}`;
}

function show(output, code) {
  output.hidden = code === "";
  const parts = groups(code).map((group) => Object.assign(document.createElement("b"), { textContent: group }));
  output.replaceChildren("読み取った内容：", ...parts, doubt(code));
}

function count(counter, field) {
  const left = Number(field.dataset.maxlength) - [...field.value].length;
  counter.textContent = left < 0 ? `${-left}文字多すぎます` : `あと${left}文字書けます`;
  counter.classList.toggle("field-error", left < 0);
}

function later(action) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, PAUSE);
  };
}

export function playBack() {
  for (const input of document.querySelectorAll("[data-playback]")) {
    const output = document.getElementById(input.dataset.playback);
    if (output) input.addEventListener("input", later(() => show(output, normalise(input.value))));
  }
  for (const counter of document.querySelectorAll("[data-counter]")) {
    const field = document.getElementById(counter.dataset.counter);
    if (field) field.addEventListener("input", later(() => count(counter, field)));
  }
}
