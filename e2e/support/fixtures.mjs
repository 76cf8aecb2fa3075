/** Small real things for the harness's own tests: a page server, an authority with OpenSSL, a program that plays the demo. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A temporary folder that goes when the test ends. */
export async function temporaryFolder(t) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "madoguchi-harness-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Serves `answer(request)` (`{status, html, headers}`) on a loopback port until the test ends; returns the address. */
export async function serve(t, answer, tls) {
  const respond = (request, response) => {
    const { status = 200, html, headers = {} } = answer(request);
    response.writeHead(status, { "content-type": "text/html; charset=utf-8", ...headers }).end(html);
  };
  const server = tls ? https.createServer(tls, respond) : http.createServer(respond);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => new Promise((done) => (server.close(done), server.closeAllConnections())));
  return `${tls ? "https" : "http"}://localhost:${server.address().port}/`;
}

/** A whole page around a body. */
export function page(body, head = "") {
  return `<!doctype html><html lang="ja"><head><title>試験</title>${head}</head><body><main><h1>試験</h1>${body}</main></body></html>`;
}

/** A root authority, a server key pair for localhost and a client's PKCS#12 without the root, all made by OpenSSL. */
export async function authority(folder) {
  const at = (name) => path.join(folder, name);
  const openssl = (...words) => run("openssl", words, { cwd: folder });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const root = ["-subj", "/CN=harness root", "-addext", "basicConstraints=critical,CA:TRUE"];
  await openssl("req", "-x509", ...key, "-keyout", "root.key", "-out", "root.pem", "-days", "2", ...root);
  await issue("server", "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n");
  await issue("client", "extendedKeyUsage=clientAuth\n");
  await openssl("pkcs12", "-export", "-inkey", "client.key", "-in", "client.pem", "-out", "client.p12", "-passout", "pass:secret");
  return { root: at("root.pem"), p12: at("client.p12"), tls: await serverOptions() };

  async function issue(name, extensions) {
    await writeFile(at(`${name}.ext`), extensions);
    await openssl("req", "-new", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const by = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"];
    await openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-days", "2", "-out", `${name}.pem`, "-extfile", `${name}.ext`);
  }

  async function serverOptions() {
    const [serverKey, cert, ca] = await Promise.all(["server.key", "server.pem", "root.pem"].map((n) => readFile(at(n))));
    return { key: serverKey, cert, ca, requestCert: true, rejectUnauthorized: false };
  }
}

/** Writes a program that behaves at its command line as `madoguchi demo --json` does; returns the command. */
export async function playedDemo(folder) {
  const program = path.join(folder, "played-demo.mjs");
  await writeFile(
    program,
    `import http from "node:http";
    import { writeFileSync } from "node:fs";
    const option = (name) => process.argv[process.argv.indexOf(name) + 1];
    if (process.argv.includes("--broken")) { console.error("no such table"); process.exit(3); }
    writeFileSync(option("--data-dir") + "/madoguchi.db", "");
    const portal = "http://127.0.0.1:" + option("--port");
    const accounts = [{ role: "reviewer", email: "shinsa@example.jp", password: "p", institution: null }];
    const html = "<!doctype html><title>demo</title><link rel=icon href='data:,'><p>ok";
    const answer = (q, r) => r.writeHead(q.url === "/500" ? 500 : 200, { "content-type": "text/html" }).end(html);
    console.log(JSON.stringify({ portal, accounts, data: option("--data-dir") }, null, 2));
    setTimeout(() => http.createServer(answer).listen(option("--port"), "127.0.0.1"), 300);`,
  );
  return [process.execPath, program];
}
