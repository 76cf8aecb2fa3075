/** After the manual: pickup on the closed network, the connection test, what strangers find in the certificate. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import {
  arrives, choose, closedPage, dayInJapan, endOfDayMonthsLater, facts, field, fill, holding, makeRequest, ocspStatus, openPkcs12, press,
  readCertificate, refused, revokedSerials, says, verifyChain,
} from "../support/index.mjs";
import { CLINIC } from "./0-registration.mjs";
import { TERMINALS } from "./2-certificates.mjs";

const PASSPHRASE = "Umi-to-Yama-2026";

/** From the letter to 設定完了; leaves the certificate's files in `scene.kept.terminal`. */
export async function pickup(scene) {
  const { step } = scene;
  await step("閉域網で、通知書のIDとパスワードを確かめる", () => rehearsal(scene));
  await step("端末の電子証明書をファイルで受け取る", () => download(scene));
  await step("OpenSSLが、鎖・名前・有効期間・失効情報を確かめる", () => judge(scene));
  await step("接続テストで設定完了になる", () => connectionTest(scene));
}

async function rehearsal(scene) {
  const { demo, look, kept, javaScript } = scene;
  const [{ id, secret }] = kept.letters;
  scene.terminal = await scene.person("terminal");
  const { terminal } = scene;
  await terminal.goto(demo.closed_network);
  await look(terminal, "pickup 1 start");
  await fill(terminal, { 取得ID: id, 取得パスワード: secret.replace(/.$/, (last) => (last === "A" ? "C" : "A")) });
  await press(terminal, "通知書の内容を確認する");
  await refused(terminal, javaScript, { pickup_id: "正しくありません" });
  await look(terminal, "pickup 1 refused");
  const wrong = await terminal.locator("main").innerText();
  await fill(terminal, { 取得ID: id.replace(/^./, (first) => (first === "A" ? "C" : "A")), 取得パスワード: secret });
  await press(terminal, "通知書の内容を確認する");
  await refused(terminal, javaScript, { pickup_id: "正しくありません" });
  const unknown = await terminal.locator("main").innerText();
  const still = (text) => text.replace(/\d+年\d+月\d+日.*\d+分/g, "");
  assert.equal(still(unknown), still(wrong), "nobody learns whether an ID exists");
  await fill(terminal, { 取得ID: id.toLowerCase().replaceAll("-", ""), 取得パスワード: secret });
  await press(terminal, "通知書の内容を確認する");
  await says(terminal, TERMINALS[0], kept.certificates[0]);
  await look(terminal, "pickup 2 choose");
  const guide = await terminal.context().newPage();
  await guide.goto(`${demo.closed_network}/import-guide`);
  await says(guide, "現在のユーザー", "自動的に証明書ストアを選択する");
  await look(guide, "pickup 2 import guide");
  await guide.close();
}

async function download({ demo, look, kept, javaScript, folder, terminal }) {
  await fill(terminal, { ファイルのパスワード: PASSPHRASE, 確認用のパスワード: `${PASSPHRASE}7` });
  await press(terminal, "ファイルを受け取る");
  await refused(terminal, javaScript, { passphrase_again: "違います" });
  await look(terminal, "pickup 2 refused");
  kept.passphrase = await passphrase(terminal, javaScript);
  const [saved] = await Promise.all([terminal.waitForEvent("download"), press(terminal, "ファイルを受け取る")]);
  assert.equal(saved.suggestedFilename(), `${kept.certificates[0]}.p12`);
  kept.file = path.join(folder, "terminal.p12");
  await saved.saveAs(kept.file);
  if (javaScript) {
    await terminal.getByRole("status").filter({ hasText: "ファイルをお渡ししました" }).waitFor();
    await look(terminal, "pickup 2 received");
  }
  kept.issuedOn = dayInJapan();
  kept.terminal = await openPkcs12(folder, "terminal.p12", kept.passphrase);
  kept.authority = demo.ca_certificate;
}

/** One journey thinks of a passphrase, the other takes the one that the page made. */
async function passphrase(terminal, ownOne) {
  if (ownOne) {
    await fill(terminal, { ファイルのパスワード: PASSPHRASE, 確認用のパスワード: PASSPHRASE });
    return PASSPHRASE;
  }
  await choose(terminal, "ファイルのパスワードの決め方", "この画面が作ったものを使う");
  const made = (await terminal.locator("#f-passphrase_shown").innerText()).trim();
  assert.match(made, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
  return made;
}

async function judge({ demo, kept, folder }) {
  await verifyChain(folder, kept.terminal, kept.authority);
  const read = await readCertificate(folder, kept.terminal.certificate);
  assert.equal(read.subject.C, "JP");
  assert.equal(read.subject.O, CLINIC.name);
  assert.equal(read.subject.OU, CLINIC.tenDigits);
  assert.equal(read.subject.CN, TERMINALS[0]);
  assert.equal(read.subject.serialNumber, kept.certificates[0]);
  assert.equal(read.notAfter.toISOString(), endOfDayMonthsLater(kept.issuedOn, 39).toISOString());
  assert.ok(Math.abs(Date.now() - read.notBefore) < 3_600_000, `valid from ${read.notBefore.toISOString()}`);
  assert.match(read.extensions, /Digital Signature\s*$/m);
  assert.match(read.extensions, /TLS Web Client Authentication\s*$/m);
  const issuer = await (await fetch(`${demo.portal}/pki/issuing.pem`)).text();
  await writeFile(path.join(folder, "issuer.pem"), issuer);
  assert.equal(await ocspStatus(folder, kept.terminal.certificate, "issuer.pem", kept.authority, read.ocsp), "good");
  assert.ok(!(await revokedSerials(folder, read.crl, "issuer.pem")).includes(read.serial));
}

async function connectionTest(scene) {
  const { demo, clinic, look, kept, folder, terminal } = scene;
  const address = `${demo.closed_network}/connection-test`;
  await terminal.goto(address);
  await says(terminal, "成功していません");
  await look(terminal, "pickup 3 test without a certificate");
  const installed = await scene.person("installed terminal", holding(address, kept.file, kept.passphrase));
  await installed.goto(address);
  await arrives(installed, "接続テスト");
  await says(installed, "接続テストに成功しました", "設定完了", "失効していません");
  await look(installed, "pickup 3 test");
  const shown = await facts(installed.locator("main"));
  assert.equal(shown["端末名称等"], TERMINALS[0]);
  assert.equal(shown["医療機関等コード"].replaceAll(" ", ""), CLINIC.tenDigits);
  assert.match(await closedPage(folder, address, kept.authority, kept.terminal), /接続テストに成功しました/);
  assert.match(await closedPage(folder, address, kept.authority), /成功していません/);
  await clinic.goto(`${demo.portal}/certificates`);
  await says(clinic, "設定完了", "通知書 発送済み");
  await look(clinic, "pickup 4 certificate status");
}

/** The second terminal makes its own key; later its certificate is revoked, and everyone learns it. */
export async function ownKeyAndRevocation(scene) {
  const { step } = scene;
  await step("2台目は、端末で作った鍵の要求（CSR）で受け取る", () => byRequest(scene));
  await step("失効させると、OCSPと失効リストに載る", () => revocation(scene));
}

async function byRequest({ demo, kept, folder, terminal, javaScript }) {
  await terminal.goto(demo.closed_network);
  await fill(terminal, { 取得ID: kept.letters[1].id, 取得パスワード: kept.letters[1].secret });
  await press(terminal, "通知書の内容を確認する");
  await terminal.getByText("端末で鍵を作った方").click();
  const request = await makeRequest(folder);
  if (javaScript) await field(terminal, "証明書の要求（CSR）のファイル").setInputFiles(path.join(folder, "own.csr"));
  else await fill(terminal, { "証明書の要求（CSR）": request });
  const [saved] = await Promise.all([terminal.waitForEvent("download"), press(terminal, "端末の電子証明書を受け取る（.pem）")]);
  await saved.saveAs(path.join(folder, "own.pem"));
  kept.own = { certificate: "own.pem", key: "own.key", chain: "own.pem" };
  await verifyChain(folder, kept.own, kept.authority);
}

async function revocation({ demo, clinic, look, kept, folder, javaScript }) {
  await clinic.goto(`${demo.portal}/certificates`);
  await press(clinic, TERMINALS[1]);
  await look(clinic, "revoke 1 case");
  await press(clinic, "失効させる");
  await press(clinic, "失効させる");
  await refused(clinic, javaScript, { reason: "選んで" });
  await look(clinic, "revoke 2 refused");
  await clinic.getByRole("radio", { name: /盗難・紛失/ }).check();
  await press(clinic, "失効させる");
  await says(clinic, "失効");
  await look(clinic, "revoke 3 done");
  const read = await readCertificate(folder, kept.own.certificate);
  assert.equal(await ocspStatus(folder, kept.own.certificate, "issuer.pem", kept.authority, read.ocsp), "revoked");
  assert.ok((await revokedSerials(folder, read.crl, "issuer.pem")).includes(read.serial), "on the list at once");
  const test = await closedPage(folder, `${demo.closed_network}/connection-test`, kept.authority, kept.own);
  assert.match(test, /失効/);
}
