/** A letter on paper as a page of the manual: its words and where they stand. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Mismatch } from "./mismatch.mjs";
import { plain } from "./words.mjs";

const run = promisify(execFile);

/** Pixels of the picture for one point. */
const SHARPNESS = 2;

/** Words of the first page with their boxes in points, and its size. */
export async function readPaper(folder, bytes) {
  const file = path.join(folder, "paper.pdf");
  await writeFile(file, bytes);
  const { stdout } = await run("pdftotext", ["-bbox", "-l", "1", file, "-"]);
  const number = (text, name) => Number(new RegExp(`${name}="([\\d.]+)"`).exec(text)[1]);
  const size = /<page [^>]*>/.exec(stdout)[0];
  const words = [...stdout.matchAll(/<word ([^>]*)>([^<]*)<\/word>/g)].map(([, box, text]) => {
    const [x, y] = [number(box, "xMin"), number(box, "yMin")];
    return { text, x, y, width: number(box, "xMax") - x, height: number(box, "yMax") - y };
  });
  return { file, words, width: number(size, "width"), height: number(size, "height") };
}

/**
 * The line of the paper on which these words stand.
 * @throws {Mismatch} when the paper does not say them
 */
export function lineOf({ words }, name) {
  const wanted = plain(name);
  for (let from = 0; from < words.length; from += 1) {
    let told = "";
    for (let to = from; to < words.length && told.length < wanted.length; to += 1) told += plain(words[to].text);
    if (told.startsWith(wanted)) return around([...words.filter((word) => beside(word, words[from])), ...under(words, words[from])]);
  }
  throw new Mismatch(`the paper does not say 「${name}」`);
}

const beside = (word, first) => Math.abs(word.y + word.height / 2 - first.y - first.height / 2) < 6;

/** A label that stands alone on its line has its value under it. */
function under(words, label) {
  if (words.filter((word) => beside(word, label)).length > 1) return [];
  const next = words.filter((word) => word.y > label.y + label.height / 2 && word.y < label.y + 30 && Math.abs(word.x - label.x) < 4);
  const first = next.sort((one, other) => one.y - other.y)[0];
  return first ? words.filter((word) => beside(word, first)) : [];
}

function around(words) {
  const [x, y] = [Math.min(...words.map((word) => word.x)), Math.min(...words.map((word) => word.y))];
  const right = Math.max(...words.map((word) => word.x + word.width));
  return { x: x - 4, y: y - 4, width: right - x + 8, height: Math.max(...words.map((word) => word.y + word.height)) - y + 8 };
}

/** The first page as a picture (PNG). */
export async function pictureOf(paper) {
  const stem = paper.file.replace(/\.pdf$/, "");
  await run("pdftoppm", ["-png", "-r", String(72 * SHARPNESS), "-l", "1", "-singlefile", paper.file, stem]);
  return readFile(`${stem}.png`);
}
