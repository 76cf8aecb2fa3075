/** Source manual 3-1 to 3-5: the claims filing, sent back for one field and corrected. */
import assert from "node:assert/strict";
import {
  arrives, choose, dayInJapan, fill, fromMailbox, monthInWords, monthsToStart, press, refused, says,
} from "../support/index.mjs";
import { askForCorrection, colleague, openCase } from "./office.mjs";

const QUEUE = "オンライン請求の届出";

/** From the home page to an accepted filing. */
export async function claims(scene) {
  const { demo, clinic, step, look, kept } = scene;

  await step("3-1, 3-2, 3-3 オンライン請求の届出画面へ進む", async () => {
    await clinic.goto(`${demo.portal}/articles/applications`);
    await press(clinic, "オンライン請求の申請はこちら");
    await look(clinic, "3-2 catalogue");
    await press(clinic, "オンライン請求 利用開始・変更申請");
    await says(clinic, "KB0010323", "安全対策");
    await look(clinic, "3-3 article");
    await press(clinic, "オンライン請求に関する届出画面へ進む");
    await press(clinic, "入力をはじめる");
  });

  await step("3-4 入力する：締切と、同じお客様IDがその場でわかる", () => form(scene));

  await step("3-5 確認して送信する", async () => {
    await says(clinic, "紙での届出は要りません", "訪問作業の目安");
    await look(clinic, "3-5 check");
    await press(clinic, "この内容で届出を送信する");
    await arrives(clinic, "送信が終わりました");
    await look(clinic, "3-5 sent");
    kept.claims = await clinic.locator("[data-copy]").getAttribute("data-copy");
  });

  await step("審査担当が1つの項目だけ補正を依頼する", () => sendBack(scene));
  await step("申請者は、その項目だけを直して送り直す", () => correct(scene));

  await step("審査担当が承認する", async () => {
    const reviewer = await colleague(scene, "reviewer");
    await openCase(reviewer, demo, QUEUE, kept.claims);
    await press(reviewer, "承認する");
    await says(reviewer, "承認しました");
    await clinic.goto(demo.portal);
    await look(clinic, "3-5 home with all three");
    await clinic.goto(`${demo.portal}/mylist`);
    await says(clinic, kept.eligibility, kept.claims, ...kept.certificates, "設定完了", "失効");
    await look(clinic, "3-5 my list");
  });
}

async function form({ clinic, look, javaScript }) {
  const today = dayInJapan();
  const [by, after] = [monthsToStart({ day: 1 }), monthsToStart({ day: 21 })];
  const [first, later] = [monthInWords(today, by), monthInWords(today, after)];
  await says(clinic, today.day <= 20 ? first : later);
  await look(clinic, "3-4 form");
  assert.ok(await clinic.getByRole("radio", { name: "2:IP-VPN接続【IPv6】" }).isChecked(), "the papers are known already");
  await clinic.getByRole("checkbox", { name: /同意します/ }).first().check();
  await fill(clinic, { レセコンのプログラム名称: "一覧にない（名称を入力する）" });
  await choose(clinic, "接続種別", "4:ISDN接続");
  await fill(clinic, { ISDNダイヤルアップ番号: "内線12" });
  await press(clinic, "確認画面へ進む");
  await refused(clinic, javaScript, {
    paper_filed: "選んで", safety_rules: "同意", start_month: "選んで", product_other: "入力", product_maker: "入力", os_browser: "選んで",
    connection: "再訪問", isdn_number: "数字だけ",
  });
  await look(clinic, "3-4 form with mistakes");
  await clinic.getByRole("checkbox", { name: /同意します/ }).last().check();
  await choose(clinic, "紙での届出", "いいえ、はじめて届け出ます");
  await fill(clinic, {
    請求開始年月: monthInWords(today, monthsToStart(today)),
    レセコンのプログラム名称: "Opt.one",
    "パソコンの基本ソフト（OS）・ブラウザ": "Windows 11 IoT Enterprise LTSC 2024(64bit)/Microsoft Edge(Chromium)",
  });
  await choose(clinic, "接続種別", "2:IP-VPN接続【IPv6】");
  await says(clinic, "CAF 0123 4567 89");
  await choose(clinic, "お客様IDの種類", "オンライン資格確認等システムと同じ回線（お客様ID）を使用する");
  await choose(clinic, "電子証明書発行料の支払方法", "2: 払込請求書による振込み");
  await fill(clinic, { 備考: "訪問は午後にお願いします。" });
  await press(clinic, "確認画面へ進む");
  await says(clinic, "株式会社オプテック", "選んだ支払方法と違います");
}

async function sendBack(scene) {
  const { demo, look, kept } = scene;
  const reviewer = await colleague(scene, "reviewer");
  const field = "パソコンの基本ソフト（OS）・ブラウザ";
  await openCase(reviewer, demo, QUEUE, kept.claims);
  await press(reviewer, "補正を依頼する…");
  await press(reviewer, "この内容で補正を依頼する");
  await reviewer.getByRole("alert").first().waitFor();
  await look(reviewer, "office 9 correction refused");
  await askForCorrection(reviewer, demo, QUEUE, kept.claims, { field, words: "LTSC 2019の端末と伺っています。" });
  await look(reviewer, "office 9 correction");
  await press(reviewer, "この内容で補正を依頼する");
  await says(reviewer, "補正を依頼しました");
}

async function correct({ demo, clinic, look, kept }) {
  const mail = await fromMailbox(clinic, demo, /直していただきたい項目/, (letter) => letter.innerText("main"));
  assert.ok(mail.includes("LTSC 2019の端末と伺っています。"));
  await clinic.goto(demo.portal);
  await look(clinic, "3-4 home with a returned filing");
  await press(clinic, "補正をお願いした項目を直す");
  await says(clinic, "LTSC 2019の端末と伺っています。");
  await look(clinic, "3-4 returned form");
  const inputs = clinic.locator("main form").getByRole("combobox");
  assert.equal(await inputs.count(), 1, "only the returned field can be changed");
  await fill(clinic, {
    "パソコンの基本ソフト（OS）・ブラウザ": "Windows10 Enterprise2019 LTSC(64bit)/Microsoft Edge(Chromium)",
  });
  await press(clinic, "確認画面へ進む");
  await press(clinic, "この内容で届出を送信する");
  await arrives(clinic, "送信が終わりました");
  assert.equal(await clinic.locator("[data-copy]").getAttribute("data-copy"), kept.claims, "the number stays");
}
