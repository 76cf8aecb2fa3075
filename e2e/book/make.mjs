/** Builds the manual, or checks with `--check` that it still tells what the pages show. */
import { fileURLToPath } from "node:url";
import { build, check } from "./engine/edition.mjs";
import { BOOK } from "./index.mjs";

const words = process.argv.slice(2);

try {
  if (words.length === 0) await build(BOOK);
  else if (words.length === 1 && words[0] === "--check") await check(BOOK);
  else throw new Error(`${path()} understands only --check`);
} catch (error) {
  console.error(error.name === "Mismatch" ? error.message : error);
  process.exitCode = 1;
}

function path() {
  return fileURLToPath(import.meta.url);
}
