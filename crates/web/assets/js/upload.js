// Loaded by forms of applications. Files are told at once when one is too large, and sent with a progress bar; without a
// script the same button sends the same form.

const TOO_LARGE = "ファイルが大きすぎます。1つ20MBまでのファイルを選んでください。";
const NOTHING = "ファイルを選んでから押してください。";
const FAILED = "送信できませんでした。つながりを確かめて、もう一度押してください。";
const KEPT = "受け取りました。内容を確かめています…";

// What the summary of errors said of a field is done.
function settled(id) {
  const summary = document.querySelector(".error-summary");
  summary?.querySelector(`a[href="#${id}"]`)?.closest("li")?.remove();
  const left = summary?.querySelectorAll("li").length;
  if (left === 0) {
    summary.remove();
    document.title = document.title.replace(/^エラー：/, "");
  } else if (left) {
    const words = summary.querySelector("h2").lastChild;
    words.nodeValue = words.nodeValue.replace(/\d+/, left);
  }
}

function watch(box) {
  const input = box.querySelector("input[type='file']");
  const bar = box.querySelector("progress");
  const state = box.querySelector("[data-upload-state]");
  const button = box.querySelector("button[type='submit']");
  const form = input.form;

  const say = (words, failed = false) => {
    state.textContent = words;
    state.classList.toggle("is-failed", failed);
  };
  const fault = () => {
    const large = [...input.files].find((file) => file.size > Number(box.dataset.upload));
    if (large) return `「${large.name}」：${TOO_LARGE}`;
    return input.files.length ? "" : NOTHING;
  };
  const end = (words) => {
    bar.hidden = true;
    delete form.dataset.sent;
    say(words, true);
  };
  // The field as it stands now, in place of this one; what was typed or chosen elsewhere stays as it is.
  const renew = async (address, wrong = "") => {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(input.id)?.closest(".field");
    if (!fresh) throw new Error("another page");
    const added = input.files.length;
    box.closest(".field").replaceWith(fresh);
    delete form.dataset.sent;
    if (!wrong) settled(input.id);
    const next = fresh.querySelector("[data-upload]");
    watch(next);
    const told = next.querySelector("[data-upload-state]");
    told.textContent = wrong || `${added}件のファイルを追加しました。`;
    told.classList.toggle("is-failed", wrong !== "");
    fresh.querySelector("input[type='file']").focus();
  };
  const answered = (request) => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // Not ours: a proxy, or a page that says that the login has ended.
    }
    if (answer.go) {
      renew(answer.go).catch(() => {
        history.replaceState(null, "", answer.go);
        location.reload();
      });
      return;
    }
    const words = answer.errors?.map((error) => error.message).join(" ") || FAILED;
    // Some of them stand in the list now.
    if (answer.kept) renew(location.href, words).catch(() => end(words));
    else end(words);
  };
  const send = () => {
    const data = new FormData(form);
    // Each field sends its own: what is wrong with another file is told beside that one.
    for (const other of form.querySelectorAll("input[type='file']")) if (other !== input) data.delete(other.name);
    data.append("action", button.value);
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
      say(event.loaded < event.total ? `送信しています… ${Math.floor(bar.value)}%` : KEPT);
    });
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => end(FAILED));
    // Not form.action: that is the buttons of this name.
    request.open("POST", form.getAttribute("action"));
    request.setRequestHeader("accept", "application/json");
    bar.hidden = false;
    form.dataset.sent = "yes";
    request.send(data);
  };
  input.addEventListener("change", () => {
    const words = fault();
    say(words === NOTHING ? "" : words, words !== NOTHING && words !== "");
  });
  const takeOver = (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.sent) return;
    const words = fault();
    if (words) say(words, true);
    else send();
  };
  // Before whatever else listens: the button sends files, not the form.
  form.addEventListener("submit", takeOver, { capture: true });
}

document.querySelectorAll("[data-upload]").forEach(watch);
