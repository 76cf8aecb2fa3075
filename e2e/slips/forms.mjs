/** An applicant's slips: a login that ends, a form sent twice, text that does harm. */
import assert from "node:assert/strict";
import { arrives, choose, dayInJapan, field, fill, monthInWords, open, pdfText, press, says } from "../support/index.mjs";
import { hostile, nothingRan } from "./hostile.mjs";

const LINE = "1 : IP-VPN回線事業者（NTTなど。ただし、CTC・Qtnetを除く）";
const CHECK = "確認画面へ進む";
const SEND = "この内容で申請を送信する";
const PASSWORD = "umi-yama-sora-kawa";

/** Another window ends the session while the form is half filled; after the login everything typed is there. */
export async function sessionEnds({ demo, owner, person, look }) {
  const account = demo.account("owner");
  await logIn(owner, demo, account);
  await owner.goto(`${demo.portal}/procedures/eligibility`);
  await press(owner, "入力をはじめる");
  await choose(owner, "電気通信回線種別", LINE);
  await choose(owner, "お客様IDの種類", "COP");
  await fill(owner, { お客様ID: "ＣＯＰ 0123-4567" });
  await endOthers({ demo, look, other: await person("other window"), account });

  await fill(owner, { 確認用お客様ID: "cop01234567", 利用開始予定年月: monthInWords(dayInJapan(), 2) });
  await press(owner, CHECK);
  await arrives(owner, "ログイン");
  await look(owner, "1 login in the middle of a form");
  await fill(owner, { メールアドレス: account.email, パスワード: account.password });
  await press(owner, "ログインする");
  await owner.waitForURL(/\/edit(#f-\w+)?$/);
  await look(owner, "2 form after the login");
  assert.match(await field(owner, "お客様ID").inputValue(), /0123-?4567$|０１２３/);
  assert.match(await field(owner, "確認用お客様ID").inputValue(), /01234567$/);
  assert.notEqual(await field(owner, "利用開始予定年月").inputValue(), "");
  assert.ok(await owner.getByRole("radio", { name: LINE }).isChecked());
}

async function logIn(page, demo, { email }) {
  await page.goto(`${demo.portal}/login`);
  await fill(page, { メールアドレス: email, パスワード: PASSWORD });
  await press(page, "ログインする");
  await page.waitForURL((address) => address.pathname !== "/login");
}

async function endOthers({ demo, look, other, account }) {
  await logIn(other, demo, account);
  await other.goto(`${demo.portal}/account/sessions`);
  await look(other, "1 sessions");
  await press(other, "ほかの機器をすべてログアウトさせる");
  await says(other, "いまお使いの機器です");
  assert.equal(await other.getByRole("button", { name: /ログアウトさせる/ }).count(), 0);
}

/** Five minutes before the login ends the page says so, and a press goes on with it. */
export async function sessionWarns({ demo, javaScript, person }) {
  if (!javaScript) return;
  const page = await person("slow reader");
  await page.clock.install();
  await logIn(page, demo, demo.account("owner"));
  await page.goto(`${demo.portal}/procedures/eligibility`);
  await page.clock.fastForward("50:00");
  assert.equal(await page.getByRole("button", { name: "ログインを続ける" }).count(), 0, "not before it is time");
  await page.clock.fastForward("06:00");
  await says(page, "ログインの有効期限が切れます");
  const extended = page.waitForResponse((response) => response.url().endsWith("/account/session/extend"));
  await press(page, "ログインを続ける");
  assert.equal((await extended).status(), 200);
}

/** Who stops in the middle goes on at the same question, on another device too. */
export async function goesOnWhereItWas({ demo, javaScript, owner, person }) {
  await owner.goto(`${demo.portal}/procedures/eligibility`);
  await press(owner, "下書きの続きから入力する");
  await fill(owner, { お客様ID: "COP 0123-4567" });
  await press(owner, "下書きを保存して中断する");
  await says(owner, "下書きを保存しました");
  const other = await person("other device");
  await logIn(other, demo, demo.account("owner"));
  await other.goto(`${demo.portal}/procedures/eligibility`);
  await says(other, "入力の状況", "保存の期限");
  await press(other, "下書きの続きから入力する");
  const { hash } = new URL(other.url());
  assert.match(hash, /^#f-\w+$/, "without scripts, the first question without an answer");
  await owner.goto(other.url());
  if (!javaScript) return;
  assert.equal(hash, "#f-customer_id");
  assert.equal(await other.evaluate(() => document.activeElement.id), "f-customer_id");
}

/** A double click, a reload, the way back and a second tab: one case with one number. */
export async function sendTwice({ demo, owner, look }) {
  await choose(owner, "申請区分", "開始");
  await owner.getByRole("checkbox", { name: /同意します/ }).check();
  await choose(owner, "フレッツ・v6オプション契約の確認", "1. 契約済、または利用開始までに契約予定である");
  await choose(owner, "電子証明書発行料の支払方法", "2: 払込請求書による振込み");
  await press(owner, CHECK);
  await arrives(owner, "入力内容の確認");
  const tab = await owner.context().newPage();
  await tab.goto(owner.url());

  await owner.getByRole("button", { name: SEND }).dblclick();
  await arrives(owner, "送信が終わりました");
  const number = await numberOn(owner);
  await owner.reload();
  assert.equal(await numberOn(owner), number);
  await owner.goBack();
  assert.equal(await owner.getByRole("button", { name: SEND }).count(), 0, "the way back does not offer to send again");

  await press(tab, SEND);
  await arrives(tab, "送信が終わりました");
  assert.equal(await numberOn(tab), number);
  await tab.goto(`${demo.portal}/mylist?part=applications`);
  assert.equal(await tab.getByRole("row").count(), 2, "the heading and one case");
  await look(tab, "3 my list");
  await tab.close();
}

/** The reference number that the page offers to copy. */
export function numberOn(page) {
  return page.locator("[data-copy]").first().getAttribute("data-copy");
}

/** Every free field of the certificate application takes each text or says why not. */
export async function hostileText({ demo, owner, look, folder }) {
  await owner.goto(`${demo.portal}/procedures/certificate`);
  await press(owner, "入力をはじめる");
  for (const [name, text] of Object.entries(hostile)) {
    await fill(owner, { "担当部署／担当者名": text, "技術連絡先（システムベンダなど）": text, 端末名称等: text });
    await press(owner, CHECK);
    await owner.getByRole("alert").first().waitFor();
    await nothingRan(owner);
    if (["script", "long", "direction"].includes(name)) await look(owner, `4 hostile ${name}`);
  }
  await choose(owner, "発行料への同意", "同意する");
  await choose(owner, "用途", "資格確認");
  await fill(owner, {
    端末のOS: "Linux",
    "担当部署／担当者名": `事務 ${hostile.script}`,
    "技術連絡先（システムベンダなど）": hostile.template,
    端末名称等: hostile.terminal,
  });
  await press(owner, CHECK);
  await arrives(owner, "入力内容の確認");
  await look(owner, "4 hostile check");
  await press(owner, "この内容で発行を申請する");
  await arrives(owner, "送信が終わりました");
  await nothingRan(owner);
  await press(owner, "この申請の状況を見る");
  await nothingRan(owner);
  await says(owner, hostile.script, hostile.template, hostile.terminal);
  await look(owner, "4 hostile case");
  const copy = await pdfText(folder, await open(owner, "控え（PDF）を開く"));
  for (const words of ["<script>", "{{7*7}}", "#import"]) assert.ok(copy.includes(words), `${words} in the copy`);
}
