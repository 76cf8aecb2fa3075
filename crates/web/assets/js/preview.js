// Draws the preview of a text anew while it is written. The answer is {"html": "…", "faults": ["…"]}; the portal made the
// HTML safe, and the page's policy runs nothing that stands in it.

const PAUSE = 400;
const FAILED = "プレビューを表示できませんでした。書いた文はそのまま残っています。";

function watch(box) {
  const text = document.getElementById(box.dataset.previewOf);
  if (!text) return;
  const shown = box.querySelector("[data-preview-text]");
  const state = box.querySelector("[data-preview-state]");
  let timer;
  let asked = 0;

  const draw = async () => {
    const mine = ++asked;
    const body = new URLSearchParams({ csrf: text.form.elements.namedItem("csrf").value, body: text.value });
    try {
      const headers = { accept: "application/json" };
      const response = await fetch(box.dataset.preview, { method: "POST", body, headers, redirect: "manual" });
      if (!response.ok) throw new Error();
      const answer = await response.json();
      if (mine !== asked) return;
      shown.innerHTML = answer.html;
      state.textContent = answer.faults.join(" ");
    } catch {
      if (mine === asked) state.textContent = FAILED;
    }
  };
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(draw, PAUSE);
  });
  if (text.value) draw();
}

export function drawPreviews() {
  document.querySelectorAll("[data-preview]").forEach(watch);
}
