/** One edition of the manual: walked, written, printed; or compared with the one that is committed. */
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { html } from "./book.mjs";
import { differences } from "./compare.mjs";
import { Mismatch } from "./mismatch.mjs";
import { camera } from "./picture.mjs";
import { print } from "./pdf.mjs";
import { manual, RECORD } from "./places.mjs";
import { onStage } from "./stage.mjs";
import { numbered, walk } from "./walk.mjs";

const CSS = fileURLToPath(new URL("./book.css", import.meta.url));

/** What to do when the manual and the pages differ. */
const RENEW = "Change the chapter in e2e/book/chapters if its words do not fit any more; then `cargo xtask manual` renews the manual.";

/** Who operates the portal, as its pages say: the manual carries the same name. */
async function operator(stage) {
  const page = await stage.person("visitor");
  await page.goto(stage.demo.portal);
  const texts = await page.locator("footer").locator("p, address").allInnerTexts();
  const brand = await page.locator(".brand-name").first().innerText();
  const contact = texts.map((text) => text.trim()).filter((text) => text.length > 0 && text !== brand);
  return { brand, contact: [...new Set(contact)] };
}

/** Walks the book, takes the pictures, and puts record, page and PDF into docs/user/manual once all of it is there. */
export async function build(book) {
  const made = await mkdtemp(path.join(os.tmpdir(), "madoguchi-manual-made-"));
  try {
    const told = await write(book, made);
    await rm(manual, { recursive: true, force: true });
    await cp(path.join(made, "screen"), manual, { recursive: true });
    console.log(told);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** Writes the edition for the screen into `screen`, and what is needed to print it into `paper`. */
async function write(book, folder) {
  const chapters = numbered(book.chapters);
  const [screen, images, paper] = ["screen", "screen/images", "paper"].map((name) => path.join(folder, name));
  for (const one of [images, paper]) await mkdir(one, { recursive: true });
  const { shoot, pictures } = camera(images, paper);
  const [known, record] = await onStage(async (stage) => [await operator(stage), await walk(stage, chapters, shoot)]);
  const whole = { ...book, ...known, chapters };
  await writeFile(path.join(screen, RECORD), `${JSON.stringify(record, null, 1)}\n`);
  await copyFile(CSS, path.join(screen, "manual.css"));
  await writeFile(path.join(screen, "index.html"), html(whole, pictures, { pictures: "images", ending: "webp" }));
  await print(whole, pictures, { folder: paper, css: CSS, file: path.join(screen, "manual.pdf") });
  return `${record.length} steps with ${pictures.size} pictures are in docs/user/manual.`;
}

/**
 * Walks the book and compares what it finds with the committed record.
 * @throws {Mismatch} naming each step that differs and what to do
 */
export async function check(book, options) {
  const kept = JSON.parse(await readFile(path.join(manual, RECORD), "utf8"));
  await written(kept);
  const now = await onStage((stage) => walk(stage, numbered(book.chapters)), options).catch((error) => {
    throw error instanceof Mismatch ? new Mismatch(`The pages do not do what the manual says.\n\n${error.message}\n\n${RENEW}`) : error;
  });
  const found = differences(kept, now);
  if (found.length > 0) {
    throw new Mismatch(`The manual is not what the pages show: ${found.length} steps differ.\n\n${found.join("\n\n")}\n\n${RENEW}`);
  }
  console.log(`The manual fits the pages: ${now.length} steps.`);
}

/** The page and its pictures must belong to the record. */
async function written(record) {
  const page = await readFile(path.join(manual, "index.html"), "utf8");
  for (const { step, title } of record) {
    if (!page.includes(`id="step-${step}"`)) throw new Mismatch(`index.html lacks step ${step} 「${title}」. ${RENEW}`);
  }
  for (const [, file] of page.matchAll(/(?:src|href)="((?:images\/|manual\.)[^"]+)"/g)) {
    await stat(path.join(manual, file)).catch(() => {
      throw new Mismatch(`index.html shows ${file}, which is not there. ${RENEW}`);
    });
  }
}
