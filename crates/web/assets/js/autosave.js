// Saves a draft while it is written. The answer is {"saved_at": "14:05"}; a new "version" replaces the form's own.

const PAUSE = 1500;
const SESSION_OVER = "ログインの有効期限が切れました。送信するとログイン画面になり、入力した内容はそのまま残ります。";
const ELSEWHERE = "この下書きは別の画面で変更されました。再読み込みすると新しい内容が表示されます。";
const OVER = "委任が終わったため、保存できませんでした。これまでに保存された内容は、医療機関等の下書きに残っています。";
const FAILED = "保存できませんでした。入力は続けられます。つながりしだい、もう一度保存します。";

function body(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return new URLSearchParams(data);
}

async function send(form) {
  const response = await fetch(form.dataset.autosaveUrl, {
    method: "POST",
    body: body(form),
    headers: { accept: "application/json" },
    redirect: "manual",
  });
  if (response.status === 409) return ELSEWHERE;
  if (response.status === 410) return OVER;
  if (response.status === 401 || response.status === 403 || response.type === "opaqueredirect") return SESSION_OVER;
  if (!response.ok) return FAILED;
  const answer = await response.json();
  const version = form.elements.namedItem("version");
  if (version && answer.version !== undefined) version.value = answer.version;
  return { saved: `保存しました ${answer.saved_at}` };
}

function watch(form) {
  const state = form.querySelector("[data-save-state]");
  let timer;
  let running = false;
  let again = false;

  const say = (result) => {
    if (!state) return;
    const failed = typeof result === "string";
    state.textContent = failed ? result : result.saved;
    state.classList.toggle("is-failed", failed);
  };
  const save = async () => {
    if (form.dataset.sent) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      const result = await send(form);
      say(result);
      if (result === FAILED) plan(PAUSE * 10);
    } catch {
      say(FAILED);
      plan(PAUSE * 10);
    } finally {
      running = false;
    }
    if (again) {
      again = false;
      plan(0);
    }
  };
  const plan = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };
  form.addEventListener("input", () => plan(PAUSE));
  form.addEventListener("submit", () => clearTimeout(timer));
}

export function watchAutosave() {
  document.querySelectorAll("form[data-autosave-url]").forEach(watch);
}
