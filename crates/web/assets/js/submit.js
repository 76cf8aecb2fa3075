// One press, one submission. The server is idempotent anyway; this spares the doubt.

const SENDING = "送信しています…";
// After this the button comes back, in case the answer never arrives or was a download (form[data-download]).
const PATIENCE = 15_000;
const DOWNLOAD = 3_000;

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("button[data-label]")) {
    button.removeAttribute("aria-disabled");
    button.textContent = button.dataset.label;
    delete button.dataset.label;
  }
}

export function guardSubmit() {
  for (const form of document.querySelectorAll("form[method='post']")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      setTimeout(() => release(form), "download" in form.dataset ? DOWNLOAD : PATIENCE);
      const button = event.submitter;
      if (!button?.classList.contains("button")) return;
      button.dataset.label = button.textContent;
      button.setAttribute("aria-disabled", "true");
      button.textContent = SENDING;
    });
  }
  // The browser may bring the page back from memory as it was left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });
}
