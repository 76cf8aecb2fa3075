/** Takes the picture of a step: the part of the page around its marks, and where the frames and numbers go. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Mismatch } from "./mismatch.mjs";
import { pictureOf } from "./paper.mjs";

/** Windows of the pictures, in CSS pixels: small, so that letters are large in print; menus and tables need more. */
export const VIEW = { width: 660, height: 900 };
export const WIDE = { width: 840, height: 900 };

/** Taller parts are hard to read beside their steps. */
const TALLEST = 1300;

/** Lower parts do not show where on the page they are. */
const LOWEST = 240;

/** How far an edge moves for whole lines. */
const FURTHEST = 90;

/** Room around the marks. */
const AIR = 24;

/** Room on the left, where the numbers stand. */
const MARGIN = 20;

/** Pixels of the file for one CSS pixel: they are shown smaller than they were, and printed at 155 to an inch. */
const SCREEN = { scale: 1, format: { format: "webp", quality: 62 }, ending: "webp" };
const PRINT = { scale: 1, format: { format: "png" }, ending: "png" };

/**
 * @typedef {object} Picture
 * @property {string} name file name without ending
 * @property {number} width in CSS pixels
 * @property {number} height
 * @property {number} shown width at which the page is shown, in CSS pixels
 * @property {{number: number, x: number, y: number, width: number, height: number}[]} frames by number of the mark
 */

/**
 * Takes pictures into two folders: WebP for the screen, PNG for print.
 * @returns {{shoot: Function, pictures: Map<string, Picture>}}
 */
export function camera(screen, print) {
  const pictures = new Map();
  const shoot = async (page, step, found, paper) => {
    if (step.picture === false || found.length === 0) return;
    if (paper) return onPaper(page, step, found, paper);
    await page.evaluate(() => document.fonts.ready.then(() => window.scrollTo(0, 0)));
    const boxes = await standing(found);
    const clip = await clipOf(page, boxes, step);
    await keep(page, step, clip, boxes.map(({ frame }) => frame));
  };

  /** A letter is shown by the browser, down to a little below its last mark. */
  const onPaper = async (page, step, found, paper) => {
    const png = await pictureOf(paper);
    const tab = await page.context().newPage();
    await tab.setViewportSize({ width: Math.round(paper.width), height: Math.round(paper.height) });
    await tab.setContent(`<style>body{margin:0}img{display:block;width:100vw}</style><img alt="" src="data:image/png;base64,${png.toString("base64")}">`);
    const end = Math.max(...found.map(({ line }) => line.y + line.height)) + 3 * AIR;
    const clip = { x: 0, y: 0, width: paper.width, height: Math.min(end, paper.height) };
    await keep(tab, step, clip, found.map(({ line }) => line), VIEW.width);
    await tab.close();
  };

  const keep = async (page, step, clip, frames, shown = clip.width) => {
    const name = `step-${step.number}`;
    const session = await page.context().newCDPSession(page);
    for (const [folder, { scale, format, ending }] of [[screen, SCREEN], [print, PRINT]]) {
      await capture(session, { ...clip, scale }, format, path.join(folder, `${name}.${ending}`));
    }
    await session.detach();
    const placed = frames.map((frame, place) => ({ ...frame, number: place + 1, x: frame.x - clip.x, y: frame.y - clip.y }));
    pictures.set(step.number, { name, width: clip.width, height: clip.height, shown, frames: placed });
  };
  return { shoot, pictures };
}

async function capture(session, clip, format, file) {
  const { data } = await session.send("Page.captureScreenshot", { ...format, clip, captureBeyondViewport: true });
  await writeFile(file, Buffer.from(data, "base64"));
}

/** Where everything is once nothing moves any more. */
async function standing(found) {
  let before;
  for (let tries = 0; tries < 20; tries += 1) {
    const boxes = [];
    for (const { mark, element } of found) boxes.push(await element.evaluate(boxesOf, { kind: mark.kind, frame: mark.frame }));
    if (JSON.stringify(boxes) === JSON.stringify(before)) return boxes;
    before = boxes;
    await pause(120);
  }
  throw new Mismatch("its marks do not stand still");
}

/** The part of the page around all marks, as wide as their column, cut between lines of text. */
async function clipOf(page, boxes, step) {
  const around = boxes.flatMap(({ frame, region }) => [frame, region]);
  const ground = await page.evaluate(groundOf);
  let top = Math.min(...around.map((box) => box.y)) - AIR;
  let bottom = Math.max(...around.map((box) => box.y + box.height)) + AIR;
  // A near title tells which page this is.
  if (ground.title < top && bottom - ground.title < TALLEST && top - ground.title < 260) top = ground.title - AIR;
  if (bottom - top < LOWEST) top = bottom - LOWEST;
  top = Math.max(0, outward(ground.lines, top, (line) => line.top - 3));
  bottom = Math.min(ground.height, outward(ground.lines, bottom, (line) => line.bottom + 3));
  const x = Math.max(0, Math.min(ground.left, ...around.map((box) => box.x)) - MARGIN);
  const right = Math.min(ground.width, Math.max(ground.right, ...around.map((box) => box.x + box.width)) + AIR);
  if (bottom - top > TALLEST) {
    throw new Mismatch(`its marks lie ${Math.round(bottom - top)} px apart, at most ${TALLEST}: make two steps of it`);
  }
  return { x, y: top, width: right - x, height: bottom - top };
}

/** Moves an edge a little until it cuts no line of text and no button. */
function outward(lines, edge, beyond) {
  const first = edge;
  while (Math.abs(edge - first) < FURTHEST) {
    const cut = lines.find((line) => line.top < edge && edge < line.bottom);
    if (!cut) return edge;
    edge = beyond(cut);
  }
  return first;
}

/** Runs in the page: its column, its title, and everything that should not be cut. */
function groundOf() {
  const rect = (element) => element.getBoundingClientRect();
  const main = rect(document.querySelector("main"));
  const title = document.querySelector("h1");
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const lines = [...document.querySelectorAll("input, select, button, .button")].map(rect);
  while (texts.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    lines.push(...range.getClientRects());
  }
  const small = lines.filter((box) => box.height > 4 && box.height < 64 && box.width > 4);
  return {
    left: main.left, right: main.right, title: title ? rect(title).top + scrollY : Infinity,
    lines: small.map((box) => ({ top: box.top + scrollY, bottom: box.bottom + scrollY })),
    width: document.documentElement.clientWidth, height: document.documentElement.scrollHeight,
  };
}

/** Runs in the page: the frame is what gets the number, the region what the picture must show around it. */
function boxesOf(element, mark) {
  const box = (one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return { x: x + scrollX, y: y + scrollY, width, height };
  };
  const join = (boxes) => {
    const x = Math.min(...boxes.map((one) => one.x));
    const y = Math.min(...boxes.map((one) => one.y));
    const right = Math.max(...boxes.map((one) => one.x + one.width));
    return { x, y, width: right - x, height: Math.max(...boxes.map((one) => one.y + one.height)) - y };
  };
  const near = (one) => {
    if (one.closest("h2, h3, h4")) return null;
    const whole = one.closest("li, article, tr, dl > div, .card, .panel, .field");
    return whole && whole.getBoundingClientRect().height < 300 ? whole : one;
  };
  /** What a heading stands above. */
  const below = (one) => {
    const { x, y, width, height } = box(one.closest("h2, h3, h4"));
    return { x, y, width, height: height + 200 };
  };
  const regionOf = (one, more = []) => join([...[one, near(one), ...more].filter(Boolean).map(box), ...(near(one) ? [] : [below(one)])]);
  const seen = (one) => one.getBoundingClientRect().width > 1;
  if (mark.kind === "fill") return { frame: box(element.closest(".select") ?? element), region: box(element.closest(".field") ?? element) };
  if (mark.kind === "pick" || mark.kind === "tick") {
    return { frame: box(element.closest("label")), region: box(element.closest("fieldset")) };
  }
  if (mark.kind === "open") {
    const inside = [...element.parentElement.querySelectorAll("*")].filter(seen);
    return { frame: box(element), region: join([element, ...inside].map(box)) };
  }
  if (mark.kind === "press") {
    const before = element.closest(".button-row")?.previousElementSibling;
    return { frame: box(element), region: regionOf(element, before?.matches(".before-button") ? [before] : []) };
  }
  const around = { field: ".field", done: ".done", choice: ".choice", row: "dl > div, li, tr", part: "section, article, fieldset, .panel, li" }[mark.frame];
  const frame = (around && element.closest(around)) ?? element;
  return { frame: box(frame), region: regionOf(frame) };
}
