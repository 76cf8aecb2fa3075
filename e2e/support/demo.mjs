/** Starts `madoguchi demo` on free ports with an empty data folder, and stops it again. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { madoguchiProgram } from "./places.mjs";

const START_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 10_000;

/**
 * @typedef {object} Demo
 * @property {string} portal address of the portal
 * @property {string} closed_network address of the closed network's listener
 * @property {number} closed_port port of that listener
 * @property {string} mailbox address of the page with every mail and letter
 * @property {string} ca_certificate file of the demo authority's certificate (PEM)
 * @property {{role: string, email: string, password: string, institution: string?}[]} accounts the demo's people
 * @property {(role: string) => object} account first account of a role
 * @property {() => string} log what the program wrote to its standard error
 * @property {() => Promise<void>} stop ends the program and removes its data
 */

/**
 * Starts a demo of its own and waits until the portal answers.
 * @param {object} [options]
 * @param {string[]} [options.command] program and first arguments; default: the built binary with `demo`
 * @param {string[]} [options.extra] further arguments of `demo`
 * @param {string} [options.dataDir] data to go on with; default: a new folder, removed at the stop
 * @returns {Promise<Demo>}
 */
export async function startDemo({ command = [madoguchiProgram(), "demo"], extra = [], dataDir } = {}) {
  const folder = dataDir ?? (await mkdtemp(path.join(os.tmpdir(), "madoguchi-e2e-")));
  const [port, closedPort] = await freePorts(2);
  const [program, ...first] = command;
  const options = ["--json", "--data-dir", folder, "--port", String(port), "--closed-port", String(closedPort)];
  const child = spawn(program, [...first, ...options, ...extra], { stdio: ["ignore", "pipe", "pipe"] });
  const running = watch(child);
  const stop = async () => {
    await running.end();
    if (!dataDir) await rm(folder, { recursive: true, force: true });
  };
  try {
    const printed = await running.firstObject();
    await answers(printed.portal, running);
    return { ...printed, closed_port: closedPort, account: (role) => accountOf(printed.accounts, role), log: running.log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `count` loopback ports that nobody listens on, all different because they are held together. */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => listening()));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function listening() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

function accountOf(accounts, role) {
  const found = accounts.find((account) => account.role === role);
  if (!found) throw new Error(`the demo has no account of role ${role}, only ${accounts.map((a) => a.role).join(", ")}`);
  return found;
}

/** Follows a started program: its output, its end, and an end on our side. */
function watch(child) {
  let out = "";
  let err = "";
  let ended = null;
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  const exit = new Promise((done) => {
    child.once("error", (error) => done((ended = `could not be started: ${error.message}`)));
    child.once("close", (code, signal) => done((ended ??= `ended with ${signal ?? `code ${code}`}`)));
  });
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);
  const alive = () => {
    if (ended !== null) throw new Error(`${child.spawnfile} ${ended}\n${out}${err}`);
  };
  return {
    alive,
    log: () => err,
    firstObject: () => within(START_LIMIT_MS, "the demo printed no JSON object", () => (alive(), parsed(out))),
    end: async () => {
      process.removeListener("exit", orphan);
      if (ended !== null) return;
      child.kill("SIGTERM");
      const late = setTimeout(orphan, STOP_LIMIT_MS);
      await exit;
      clearTimeout(late);
    },
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function answers(address, running) {
  await within(START_LIMIT_MS, `${address} does not answer`, async () => {
    running.alive();
    const response = await fetch(address, { redirect: "manual" }).catch(() => undefined);
    await response?.arrayBuffer();
    return response && response.status < 500 ? response : undefined;
  });
}

async function within(limit, complaint, attempt) {
  const end = Date.now() + limit;
  while (Date.now() < end) {
    const result = await attempt();
    if (result !== undefined) return result;
    await pause(50);
  }
  throw new Error(`${complaint} within ${limit / 1000} s`);
}
