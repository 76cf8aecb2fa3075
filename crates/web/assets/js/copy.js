// Copy buttons: [data-copy] holds the text, its [data-copy-button] becomes visible here.

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function offerCopy() {
  if (!navigator.clipboard) return;
  for (const box of document.querySelectorAll("[data-copy]")) {
    const button = box.querySelector("[data-copy-button]");
    const said = box.querySelector("[role='status']");
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = box.dataset.copy.startsWith("/") ? new URL(box.dataset.copy, location.href).href : box.dataset.copy;
      said.textContent = "";
      said.textContent = (await toClipboard(text)) ? "コピーしました" : "コピーできませんでした。文字を選んでコピーしてください";
    });
  }
}
