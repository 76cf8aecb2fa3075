// Loaded by the page of work that goes on elsewhere: the part marked [data-progress] is read again until it is gone; then the page is.

const PAUSE = 2000;

const part = document.querySelector("[data-progress]");
if (part) setTimeout(read, PAUSE);

async function read() {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.querySelector("[data-progress]");
    if (!next) return location.reload();
    part.replaceChildren(...next.childNodes);
  } catch {
    // Without a connection the next look may succeed.
  }
  setTimeout(read, PAUSE);
}
