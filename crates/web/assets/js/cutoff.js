// A deadline that passes while the page is open: [data-cutoff] is its time (ms), [data-cutoff-after] the text from then on.

const LONGEST = 2 ** 31 - 1;

export function watchCutoff() {
  for (const line of document.querySelectorAll("[data-cutoff]")) {
    const wait = Number(line.dataset.cutoff) - Date.now();
    if (wait > 0 && wait < LONGEST) setTimeout(() => (line.textContent = line.dataset.cutoffAfter), wait);
  }
}
