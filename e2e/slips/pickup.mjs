/** Slips on the closed network: a wrong secret, a download that never arrived. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import {
  arrives, facts, fill, logIn, ocspStatus, openPkcs12, press, readCertificate, says,
} from "../support/index.mjs";

const PASSPHRASE = "Umi-to-Yama-2026";
const NOTICE = "電子証明書発行通知書";

/** The demo's letter that is posted and not yet used: the queue says whose it is, the mailbox shows it. */
export async function postedLetter({ demo, person }) {
  const officer = await person("officer");
  await logIn(officer, demo, demo.account("ra_officer"));
  await officer.waitForURL(/\/office/);
  await officer.goto(`${demo.portal}/office/queue/certificate?state=letter_posted`);
  const row = officer.locator("tbody tr").first();
  const institution = (await row.locator("td, th").nth(1).innerText()).split("\n").map((line) => line.trim());
  await officer.goto(demo.mailbox);
  for (const item of await officer.locator("main li").filter({ hasText: NOTICE }).all()) {
    const text = await item.innerText();
    if (!institution.some((name) => name.length > 3 && text.includes(name))) continue;
    await item.getByRole("link").click();
    const { 取得ID: id, 取得パスワード: secret } = await facts(officer.locator("main"));
    return { id, secret };
  }
  throw new assert.AssertionError({ message: `no letter to ${institution}` });
}

/** A wrong secret, an unknown ID and text that is neither: the same words, so that nobody learns which IDs exist. */
export async function wrongSecret({ demo, person, look, letter }) {
  const thief = await person("thief");
  const other = (text) => text.replace(/[2-9A-Z]/, (sign) => (sign === "A" ? "C" : "A"));
  const tries = [[letter.id, other(letter.secret)], [other(letter.id), letter.secret], ["'; --", "<b>"]];
  const said = [];
  for (const [id, secret] of tries) {
    await thief.goto(demo.closed_network);
    await fill(thief, { 取得ID: id, 取得パスワード: secret });
    await press(thief, "通知書の内容を確認する");
    said.push(await thief.getByRole("alert").first().innerText());
  }
  await look(thief, "8 pickup refused");
  assert.deepEqual(said, [said[0], said[0], said[0]]);
  assert.match(said[0], /取得IDまたは取得パスワードが正しくありません/);
}

/** The file of the first pickup was lost; the letter works again, and the first certificate is revoked. */
export async function downloadAgain({ demo, person, look, letter, folder }) {
  const terminal = await person("terminal");
  const certificates = [];
  for (const name of ["first", "second"]) {
    const place = path.join(folder, name);
    await mkdir(place);
    await terminal.goto(demo.closed_network);
    await fill(terminal, { 取得ID: letter.id, 取得パスワード: letter.secret });
    await press(terminal, "通知書の内容を確認する");
    await arrives(terminal, "端末の電子証明書の受け取り方");
    if (name === "second") await says(terminal, "前に一度取得されています", "発行料はかかりません");
    await look(terminal, `9 pickup ${name}`);
    await fill(terminal, { ファイルのパスワード: PASSPHRASE, 確認用のパスワード: PASSPHRASE });
    const [saved] = await Promise.all([terminal.waitForEvent("download"), press(terminal, "ファイルを受け取る")]);
    await saved.saveAs(path.join(place, "terminal.p12"));
    certificates.push({ place, ...(await openPkcs12(place, "terminal.p12", PASSPHRASE)) });
  }
  const states = [];
  for (const { place, certificate, chain } of certificates) {
    const { ocsp } = await readCertificate(place, certificate);
    states.push(await ocspStatus(place, certificate, chain, demo.ca_certificate, ocsp));
  }
  assert.deepEqual(states, ["revoked", "good"]);
}
