// Compares the clock of the terminal with ours: [data-server-time] is ours (ms), [data-clock-said] takes the words.

const MOST = 5 * 60 * 1000;

export function compareClocks() {
  const ours = document.querySelector("[data-server-time]");
  const said = document.querySelector("[data-clock-said]");
  if (!ours || !said) return;
  const ahead = Date.now() - Number(ours.dataset.serverTime);
  const minutes = Math.round(Math.abs(ahead) / 60_000);
  said.textContent =
    Math.abs(ahead) < MOST
      ? "端末の時計は合っています。"
      : `端末の時計が${minutes}分${ahead > 0 ? "進んで" : "遅れて"}います。先に合わせてください。`;
  said.classList.toggle("field-error", Math.abs(ahead) >= MOST);
}

// A wall view reads itself again after [data-reload] seconds; without scripts the browser is told to.
export function readAgain() {
  const wall = document.querySelector("[data-reload]");
  if (wall) setTimeout(() => location.reload(), Number(wall.dataset.reload) * 1000);
}
