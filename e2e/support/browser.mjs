/** Chromium that trusts the demo authority, as a clinic's terminal does after the authority's certificate was installed. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { chromiumProgram } from "./places.mjs";

const run = promisify(execFile);

/** Nothing but loopback: no look-up of any other host, no service of the browser's own. */
export const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

const LOOPBACK_ONLY = "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1";

/**
 * Launches Chromium with a home folder of its own.
 * @param {object} [options]
 * @param {string[]} [options.trust] PEM files of authorities whose server certificates the browser accepts; certificate
 *   errors are never ignored, so a wrong name, chain or validity of the closed network still fails
 * @param {Record<string, number>} [options.hosts] names whose port 443 is a port of this machine
 * @returns {Promise<import("playwright-core").Browser>} closing it removes the home folder
 */
export async function launch({ trust = [], hosts = {} } = {}) {
  const home = await mkdtemp(path.join(os.tmpdir(), "madoguchi-browser-"));
  const remove = () => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    await trustAuthorities(home, trust);
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, LANG: "ja_JP.UTF-8" };
    const rules = [...Object.entries(hosts).map(([host, port]) => `MAP ${host}:443 127.0.0.1:${port}`), LOOPBACK_ONLY];
    const args = [...ARGUMENTS, `--host-resolver-rules=${rules.join(", ")}`];
    const browser = await chromium.launch({ executablePath: chromiumProgram, args, env });
    const close = browser.close.bind(browser);
    browser.close = async () => {
      await close();
      await remove();
    };
    return browser;
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Context options of a terminal that holds a certificate. Playwright makes such connections itself and knows only public
 * authorities, so the server's chain is not judged here: visit the same address once as a person without a certificate.
 * @param {string} address any address of the listener that asks for the certificate
 * @param {string} pfxPath the .p12 file
 */
export function holding(address, pfxPath, passphrase) {
  const clientCertificates = [{ origin: new URL(address).origin, pfxPath, passphrase }];
  return { clientCertificates, ignoreHTTPSErrors: true };
}

/** Chromium on Linux reads authorities that a person added from the NSS database in the home folder. */
async function trustAuthorities(home, files) {
  if (files.length === 0) return;
  const database = path.join(home, ".pki", "nssdb");
  await mkdir(database, { recursive: true });
  await run("certutil", ["-N", "-d", `sql:${database}`, "--empty-password"]);
  for (const [index, file] of files.entries()) {
    await run("certutil", ["-A", "-d", `sql:${database}`, "-n", `authority ${index}`, "-t", "C,,", "-i", file]);
  }
}
