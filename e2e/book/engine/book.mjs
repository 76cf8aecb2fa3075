/** The manual as a page: cover, contents, chapters, and where the numbers of the former manual went. */

const escape = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const paragraphs = (texts, kind = "") => texts.map((text) => `<p${kind ? ` class="${kind}"` : ""}>${escape(text)}</p>`).join("\n");

/**
 * @typedef {object} Print what differs on paper
 * @property {string} pictures folder of the pictures, as an address
 * @property {string} ending of their files
 * @property {Map<string, number>} [pages] page on which each chapter begins, by its id
 */

/**
 * The whole manual in HTML.
 * @param {object} book `{title, brand, contact, about, chapters, gone}`
 * @param {Map<string, import("./picture.mjs").Picture>} pictures by number of the step
 * @param {Print} print
 */
export function html(book, pictures, print) {
  const appendix = { id: "former", title: "以前の手引きとの対応" };
  return `<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(`${book.brand} ${book.title}`)}</title>
<link rel="stylesheet" href="manual.css">
</head>
<body>
<a class="skip" href="#main">本文へ移動</a>
<div class="sheet">
<header class="cover">
<p class="brand">${escape(book.brand)}</p>
<h1>${escape(book.title)}</h1>
${paragraphs(book.about)}
<div class="from">${paragraphs(book.contact)}</div>
<p class="file"><a href="manual.pdf">印刷用のファイル（PDF）を開く</a></p>
</header>
${contents([...book.chapters, appendix], print)}
<main id="main">
${book.chapters.map((chapter) => chapterHtml(chapter, book, pictures, print)).join("\n")}
${former(appendix, book)}
</main>
</div>
</body>
</html>
`;
}

function contents(chapters, { pages }) {
  const row = ({ id, number, title }) =>
    `<li><a href="#${id}"><span class="no">${number ?? ""}</span><span>${escape(title)}</span>${
      pages ? `<span class="page">${pages.get(id)}</span>` : ""
    }</a></li>`;
  return `<nav class="contents" aria-labelledby="contents">
<h2 id="contents">目次</h2>
<ol>
${chapters.map(row).join("\n")}
</ol>
</nav>`;
}

function chapterHtml(chapter, book, pictures, print) {
  const time = chapter.time ? `<p class="time"><b>かかる時間の目安：</b>${escape(chapter.time)}</p>\n` : "";
  const calls = chapter.id === "contact" ? `<div class="calls">${paragraphs(book.contact)}</div>\n` : "";
  return `<section class="chapter" id="${chapter.id}" aria-labelledby="${chapter.id}-title">
<h2 id="${chapter.id}-title"><span class="no">${chapter.number}</span><span>${escape(chapter.title)}</span></h2>
${paragraphs(chapter.lead, "lead")}
${time}${calls}${chapter.steps.map((step) => stepHtml(step, book, pictures.get(step.number), print)).join("\n")}
</section>`;
}

function stepHtml(step, book, picture, print) {
  const source = step.source ? `<p class="source">以前の手引き：${escape(step.source)}</p>\n` : "";
  const list = step.list ? `<ul>${step.list.map((item) => `<li>${escape(item)}</li>`).join("")}</ul>\n` : "";
  const marks = step.marks ? `<ol class="marks">\n${step.marks.map(markHtml).join("\n")}\n</ol>\n` : "";
  return `<section class="step" id="step-${step.number}" aria-labelledby="title-${step.number}">
<h3 id="title-${step.number}"><span class="no">${step.number}</span><span>${escape(step.title)}</span></h3>
${source}${paragraphs(step.text ?? [])}
${list}${step.table ? tableHtml(step.table, book) : ""}${shown(step, marks, picture, print)}${paragraphs(step.after ?? [], "after")}
</section>`;
}

/** The picture with what to do at its numbers: beside it where there is room. */
function shown(step, marks, picture, print) {
  if (!picture) return marks;
  const kind = picture.shown > 700 ? "shown wide" : "shown";
  return `<div class="${kind}">\n${figure(step, picture, print)}${marks}</div>\n`;
}

/** What to do at a mark, in a sentence made from its kind. */
export function action(mark) {
  switch (mark.kind) {
    case "pick":
      if (mark.own) return `<b>${escape(mark.group)}</b>：`;
      return `<b>${escape(mark.group)}</b>：「${escape(mark.name)}」を選びます。`;
    case "tick":
      return `<b>${escape(mark.group)}</b>：「${escape(mark.name)}」にチェックを入れます。`;
    case "open":
      return `<b>「${escape(mark.name)}」</b>を開きます。`;
    case "press":
      return `<b>「${escape(mark.name)}」</b>を押します。`;
    default:
      return `<b>${escape(mark.name)}</b>：`;
  }
}

function markHtml(mark, place) {
  const shown = mark.own ? mark.name : mark.kind === "fill" && !mark.secret && typeof mark.value === "string" && mark.value;
  const example = shown ? `<span class="example">（例：${escape(shown)}）</span>` : "";
  return `<li><span class="badge">${place + 1}</span><span>${action(mark)}${escape(mark.say)}${example}</span></li>`;
}

/** Room beside the picture, in its pixels: numbers of what stands at the left edge must cover nothing. */
const GUTTER = 20;

function figure(step, picture, { pictures, ending }) {
  const { name, width, height, shown, frames } = picture;
  const says = step.marks.map((mark, place) => `${place + 1}は${mark.name}`).join("、");
  const size = `width="${Math.round(width)}" height="${Math.round(height)}"`;
  return `<figure>
<div class="shot" style="--width: ${Math.round(shown + GUTTER)}; --gutter: ${round((100 * GUTTER) / (width + GUTTER))}%">
<img src="${pictures}/${name}.${ending}" ${size} loading="lazy" alt="${escape(`「${step.title}」の画面。赤い枠の${says}。`)}">
<svg viewBox="${-GUTTER} 0 ${round(width + GUTTER)} ${round(height)}" aria-hidden="true" focusable="false">
${frames.map((frame) => frameSvg(frame, width, height)).join("\n")}
</svg>
</div>
</figure>
`;
}

const round = (value) => Math.round(value * 10) / 10;

function frameSvg({ number, x, y, width, height }, right, bottom) {
  const left = Math.max(2, x - 5);
  const top = Math.max(2, y - 5);
  const box = `x="${round(left)}" y="${round(top)}" width="${round(Math.min(x + width + 5, right - 2) - left)}" height="${round(
    Math.min(y + height + 5, bottom - 2) - top,
  )}" rx="8"`;
  const [cx, cy] = [round(Math.max(16 - GUTTER, left - 14)), round(Math.max(16, top + 8))];
  return `<rect class="halo" ${box}/><rect class="frame" ${box}/><circle class="disc" cx="${cx}" cy="${cy}" r="14"/><text class="digit" x="${cx}" y="${cy}">${number}</text>`;
}

function tableHtml({ head, rows }, { chapters }) {
  const cell = (value) => {
    if (typeof value === "string") return escape(value);
    const chapter = chapters.find(({ id }) => id === value.chapter);
    return `<a href="#${chapter.id}">${chapter.number}章</a>`;
  };
  return table(head, rows.map((row) => row.map(cell)));
}

function table(head, rows) {
  return `<div class="over"><table>
<thead><tr>${head.map((word) => `<th scope="col">${escape(word)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n")}
</tbody>
</table></div>
`;
}

/** Number of the former manual to steps of this one, in the former order. */
export function formerNumbers({ chapters, gone }) {
  const found = new Map(Object.keys(gone).map((number) => [number, []]));
  for (const step of chapters.flatMap((chapter) => chapter.steps)) {
    if (step.source) found.set(step.source, [...(found.get(step.source) ?? []), step]);
  }
  return [...found].sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
}

function former({ id, title }, book) {
  const links = (steps) => steps.map(({ number, title: words }) => `<a href="#step-${number}">${number}</a> ${escape(words)}`).join("<br>");
  const rows = formerNumbers(book).map(([number, steps]) => [number, steps.length > 0 ? links(steps) : escape(book.gone[number])]);
  return `<section class="chapter" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><span>${title}</span></h2>
<p class="lead">以前の手引きをお持ちの方は、その番号から、この手引きの手順を探せます。</p>
${table(["以前の番号", "この手引きの手順"], rows)}
</section>`;
}
