// Warns before the session ends (body[data-session-ends], ms) and offers to go on: POST to /account/session/extend.

const BEFORE = 5 * 60 * 1000;
const EXTEND = "/account/session/extend";

function notice() {
  const box = document.createElement("section");
  box.className = "session-warning";
  box.setAttribute("role", "alert");
  const words = document.createElement("p");
  const button = Object.assign(document.createElement("button"), { className: "button", type: "button", textContent: "ログインを続ける" });
  box.append(words, button);
  return { box, words, button };
}

async function extend() {
  const csrf = document.querySelector("input[name='csrf']")?.value ?? "";
  const response = await fetch(EXTEND, {
    method: "POST",
    body: new URLSearchParams({ csrf }),
    headers: { accept: "application/json" },
    redirect: "manual",
  });
  return response.ok ? Number((await response.json()).ends_at) : 0;
}

function clock(time) {
  return new Intl.DateTimeFormat("ja-JP", { hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo" }).format(time);
}

function warn(ends) {
  const { box, words, button } = notice();
  words.textContent = `${clock(ends)}にログインの有効期限が切れます。続けるには「ログインを続ける」を押してください。`;
  const over = setTimeout(() => {
    words.textContent = "ログインの有効期限が切れました。入力した内容は、もう一度ログインすると続きから使えます。";
    button.remove();
  }, ends - Date.now());
  button.addEventListener("click", async () => {
    const next = await extend().catch(() => 0);
    if (!next) {
      words.textContent = "延長できませんでした。下書きを保存してから、もう一度ログインしてください。";
      return;
    }
    clearTimeout(over);
    box.remove();
    plan(next);
  });
  document.body.append(box);
}

function plan(ends) {
  setTimeout(() => warn(ends), Math.max(0, Math.min(ends - BEFORE - Date.now(), 2 ** 31 - 1)));
}

export function warnBeforeEnd() {
  const ends = Number(document.body.dataset.sessionEnds);
  if (ends > Date.now()) plan(ends);
}
