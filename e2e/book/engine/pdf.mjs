/** Prints the manual: A4, tagged, with an outline, page numbers and a table of contents that names them. */
import { execFile } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { launch, repository } from "../../support/index.mjs";
import { html } from "./book.mjs";
import { STANDS_AT } from "./places.mjs";
import { plain } from "./words.mjs";

const run = promisify(execFile);

/** The letters' own font, so that the file looks the same wherever it is made. */
const FONTS = ["Regular", "Bold"].map((weight) => {
  const file = pathToFileURL(path.join(repository, "crates", "letters", "fonts", `BIZUDPGothic-${weight}.ttf`));
  return `@font-face { font-family: "Noto Sans JP"; font-weight: ${weight === "Bold" ? 700 : 400}; src: url("${file}"); }`;
});

/**
 * Writes the printed edition.
 * @param {string} folder with the pictures for print; holds the page while it is printed
 * @param {string} css file of the style
 * @param {string} file the PDF
 */
export async function print(book, pictures, { folder, css, file }) {
  const browser = await launch();
  try {
    await copyFile(css, path.join(folder, "manual.css"));
    const page = await browser.newPage();
    for (const { name } of pictures.values()) await lighten(page, path.join(folder, `${name}.png`));
    const edition = { pictures: ".", ending: "png" };
    // The first printing tells where chapters begin, the second says so.
    const unknown = new Map([...book.chapters, { id: "former" }].map(({ id }) => [id, 0]));
    await once(page, html(book, pictures, { ...edition, pages: unknown }), folder, file);
    const pages = await beginnings(file, book);
    await once(page, html(book, pictures, { ...edition, pages }), folder, file);
    await writeFile(file, undated(await readFile(file)));
  } finally {
    await browser.close();
  }
}

/** The day of the pictures in place of the hour of printing, so that nothing differs where nothing changed. */
function undated(pdf) {
  const day = `D:${STANDS_AT.replace(/\D/g, "")}00+09'00'`;
  const text = pdf.toString("latin1").replace(/\/(CreationDate|ModDate) \(D:\d{14}[+-]\d\d'\d\d'\)/g, (_, name) => `/${name} (${day})`);
  if (text.length !== pdf.length) throw new Error("the dates of the PDF are written in another way than expected");
  return Buffer.from(text, "latin1");
}

/** Steps between the shades of each colour on paper: fine ones near white, where the tints of areas are, coarse ones in the
 * edges of letters. A PDF packs pictures of few shades to less than half the size, and no eye sees the difference. */
const SHADES = { near: 36, fine: 12, coarse: 51 };

async function lighten(page, file) {
  const whole = `data:image/png;base64,${(await readFile(file)).toString("base64")}`;
  const light = await page.evaluate(async ([address, { near, fine, coarse }]) => {
    const image = Object.assign(new Image(), { src: address });
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const ground = canvas.getContext("2d");
    ground.drawImage(image, 0, 0);
    const pixels = ground.getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < pixels.data.length; at += 1) {
      const ink = 255 - pixels.data[at];
      const step = ink > near ? coarse : fine;
      pixels.data[at] = 255 - Math.round(ink / step) * step;
    }
    ground.putImageData(pixels, 0, 0);
    return canvas.toDataURL("image/png");
  }, [whole, SHADES]);
  await writeFile(file, Buffer.from(light.split(",")[1], "base64"));
}

async function once(page, text, folder, file) {
  const source = path.join(folder, "manual.html");
  await writeFile(source, text.replaceAll(' loading="lazy"', ""));
  await page.goto(pathToFileURL(source).href);
  await page.addStyleTag({ content: FONTS.join("\n") });
  await page.evaluate(() => document.fonts.ready);
  await page.pdf({ path: file, preferCSSPageSize: true, printBackground: true, tagged: true, outline: true });
}

/** Pages on which chapters begin: each is the first line of a page. */
async function beginnings(file, { chapters }) {
  const { stdout } = await run("pdftotext", ["-layout", file, "-"], { maxBuffer: 16 << 20 });
  const heads = stdout.split("\f").map((text) => plain(text));
  const titles = [...chapters.map(({ id, number, title }) => [id, `${number}${title}`]), ["former", "以前の手引きとの対応"]];
  return new Map(titles.map(([id, title]) => {
    const place = heads.findIndex((head, index) => index >= 2 && head.startsWith(plain(title)));
    if (place < 0) throw new Error(`no page of the printed manual begins with 「${title}」`);
    return [id, place + 1];
  }));
}
