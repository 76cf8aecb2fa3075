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

// The page stays while a file arrives; an answer with errors replaces the page, and this never runs.
function received(form) {
  for (const old of document.querySelectorAll(".error-summary, .field-error")) old.remove();
  for (const field of document.querySelectorAll(".has-error")) field.classList.remove("has-error");
  for (const input of document.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  document.title = document.title.replace(/^エラー：/, "");
  const said = form.querySelector("[data-received]");
  if (said) said.hidden = false;
}

export function guardSubmit() {
  for (const form of document.querySelectorAll("form[method='post']")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      const download = "download" in form.dataset;
      setTimeout(() => {
        release(form);
        if (download) received(form);
      }, download ? DOWNLOAD : PATIENCE);
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
