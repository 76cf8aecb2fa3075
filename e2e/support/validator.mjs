/** The Nu HTML checker: judges the source of many pages in one go. */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import vnu from "vnu-jar";
import { output, slug } from "./places.mjs";

const MEMORY_OF_ANSWER = 64 * 1024 * 1024;

/**
 * Errors and warnings of the checker.
 * @param {string} story names the folder in which the sources are kept
 * @param {Map<string, string>} pages title to the source as the server sent it
 * @returns {Promise<string[]>} one line for each
 */
export async function validate(story, pages) {
  const folder = path.join(output, slug(story), "html");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const titles = new Map();
  for (const [title, source] of pages) {
    const file = `${titles.size}.html`;
    titles.set(file, title);
    await writeFile(path.join(folder, file), source);
  }
  const { messages } = JSON.parse(await judged(folder, [...titles.keys()]));
  return messages.map(({ url, subType, type, lastLine, message, extract }) => {
    const place = titles.get(path.basename(url)) ?? url;
    return `${subType ?? type} in ${place}, line ${lastLine}: ${message}\n  ${extract ?? ""}`;
  });
}

/** The checker ends with 1 when it found something; that is an answer too. */
function judged(folder, files) {
  const words = ["-jar", vnu, "--format", "json", "--stdout", ...files];
  return new Promise((done, failed) => {
    execFile("java", words, { cwd: folder, maxBuffer: MEMORY_OF_ANSWER }, (error, out, err) => {
      if (out.trim().startsWith("{")) done(out);
      else failed(new Error(`the HTML checker did not answer: ${err || error?.message}`));
    });
  });
}
