/** OpenSSL, a bare TLS client and pdftotext as judges: what a clinic's terminal and a stranger would find in our files. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import https from "node:https";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs OpenSSL in a folder; rejects with its own words. Returns both outputs in one text. */
export async function openssl(folder, ...words) {
  const { stdout, stderr } = await run("openssl", words, { cwd: folder });
  return stdout + stderr;
}

/**
 * Opens a PKCS#12 file with its passphrase.
 * @returns {Promise<{certificate: string, key: string, chain: string}>} PEM files in the folder
 */
export async function openPkcs12(folder, file, passphrase) {
  const opened = ["pkcs12", "-in", file, "-passin", `pass:${passphrase}`];
  await openssl(folder, ...opened, "-clcerts", "-nokeys", "-out", "certificate.pem");
  await openssl(folder, ...opened, "-cacerts", "-nokeys", "-out", "chain.pem");
  await openssl(folder, ...opened, "-nocerts", "-noenc", "-out", "key.pem");
  return { certificate: "certificate.pem", key: "key.pem", chain: "chain.pem" };
}

/** A key that stays on the terminal, and the request for its certificate; returns the request in PEM. */
export async function makeRequest(folder) {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", "own.key"];
  await openssl(folder, "req", "-new", ...key, "-subj", "/CN=terminal", "-out", "own.csr");
  return openssl(folder, "req", "-in", "own.csr");
}

/**
 * What stands in a certificate.
 * @returns {Promise<{subject: Record<string, string>, notBefore: Date, notAfter: Date, serial: string, ocsp: string,
 *   crl: string, extensions: string}>} subject by short names such as `CN`
 */
export async function readCertificate(folder, file) {
  const dates = await openssl(folder, "x509", "-in", file, "-noout", "-startdate", "-enddate", "-serial", "-ocsp_uri");
  const names = await openssl(folder, "x509", "-in", file, "-noout", "-subject", "-nameopt", "sep_multiline,utf8,sname");
  const shown = ["keyUsage", "extendedKeyUsage", "crlDistributionPoints", "certificatePolicies"].join(",");
  const extensions = await openssl(folder, "x509", "-in", file, "-noout", "-ext", shown);
  const value = (name) => new RegExp(`^${name}=(.*)$`, "m").exec(dates)[1];
  return {
    subject: Object.fromEntries([...names.matchAll(/^ +([A-Za-z]+)=(.*)$/gm)].map(([, name, text]) => [name, text])),
    notBefore: new Date(value("notBefore")),
    notAfter: new Date(value("notAfter")),
    serial: value("serial"),
    ocsp: /^https?:.*$/m.exec(dates)[0],
    crl: /URI:(\S+)/.exec(extensions)[1],
    extensions,
  };
}

/** Asserts that the chain leads from the certificate to the authority that the terminal trusts. */
export async function verifyChain(folder, { certificate, chain }, authority) {
  const strict = ["-x509_strict", "-purpose", "sslclient", "-CAfile", authority, "-untrusted", chain];
  assert.match(await openssl(folder, "verify", ...strict, certificate), /: OK\s*$/);
}

/** `good`, `revoked` or `unknown`, from an answer whose signature was verified. */
export async function ocspStatus(folder, certificate, issuer, authority, url) {
  const words = ["ocsp", "-issuer", issuer, "-cert", certificate, "-url", url, "-CAfile", authority];
  const said = await openssl(folder, ...words);
  assert.match(said, /Response verify OK/);
  return new RegExp(`^${certificate}: (good|revoked|unknown)`, "m").exec(said)[1];
}

/** Serials on a fetched CRL whose signature was verified. */
export async function revokedSerials(folder, url, issuer) {
  const answer = await fetch(url);
  assert.equal(answer.headers.get("content-type"), "application/pkix-crl");
  await writeFile(path.join(folder, "fetched.crl"), Buffer.from(await answer.arrayBuffer()));
  const text = await openssl(folder, "crl", "-inform", "DER", "-in", "fetched.crl", "-CAfile", issuer, "-noout", "-text");
  assert.match(text, /verify OK/);
  return [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial]) => serial);
}

/** What a page of the closed network answers to a terminal with (or without) its certificate; judges the server's too. */
export async function closedPage(folder, url, authority, identity) {
  const file = (name) => readFile(path.resolve(folder, name));
  const shown = identity ? { cert: await file(identity.certificate), key: await file(identity.key) } : {};
  const options = { ca: await file(authority), agent: false, ...shown };
  return new Promise((done, fail) => {
    const request = https.get(url, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => (text += part));
      answer.on("end", () => done(text));
    });
    request.on("error", fail);
  });
}

/** The text of a PDF as a person would select it. */
export async function pdfText(folder, bytes) {
  assert.equal(bytes.subarray(0, 5).toString("latin1"), "%PDF-");
  const file = path.join(folder, "read.pdf");
  await writeFile(file, bytes);
  const { stdout } = await run("pdftotext", ["-layout", file, "-"]);
  return stdout.normalize("NFKC");
}
