/** Where things are: the repository, the folder for pictures, the programs that were built or installed. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));

/** Root of the repository. */
export const repository = path.resolve(here, "../..");

/** Folder for screenshots, page sources and server logs of the journeys (`E2E_OUTPUT`, else `target/e2e`). */
export const output = process.env.E2E_OUTPUT ?? path.join(repository, "target", "e2e");

/** Debian's browser; the journeys never download one. */
export const chromiumProgram = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";

/**
 * The `madoguchi` binary under test: `MADOGUCHI_BIN`, else the development build.
 * @returns {string} a path that exists
 * @throws when nothing was built yet
 */
export function madoguchiProgram() {
  const program = process.env.MADOGUCHI_BIN ?? path.join(repository, "target", "debug", "madoguchi");
  if (!existsSync(program)) throw new Error(`${program} does not exist: run "cargo build -p madoguchi" first`);
  return program;
}

/** A title as a folder or file name: Japanese letters stay, everything that a path dislikes becomes a hyphen. */
export function slug(title) {
  return title.normalize("NFKC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").toLowerCase();
}
