/** Source manual 2-1 to 2-7: certificates for two terminals in one go, and one that is asked for twice. */
import assert from "node:assert/strict";
import { arrives, choose, fill, fromMailbox, press, refused, says } from "../support/index.mjs";
import { PERSON } from "./0-registration.mjs";

/** The two terminals of the story. */
export const TERMINALS = ["オンライン資格確認パソコン", "2階 受付の請求用パソコン"];

/** From the home page to two reference numbers; leaves them in `scene.kept.certificates`. */
export async function certificates(scene) {
  const { demo, clinic, step, look, kept, javaScript } = scene;

  await step("2-1, 2-2 一覧と解説ページから、発行申請へ進む", async () => {
    await clinic.goto(`${demo.portal}/procedures`);
    await press(clinic, "電子証明書発行申請");
    await says(clinic, "KB0010381", "簡易書留");
    await look(clinic, "2-2 article");
    await press(clinic, "電子証明書の申請画面へ進む");
    await look(clinic, "2-2 begin");
    await press(clinic, "入力をはじめる");
  });

  await step("2-3, 2-4 発行料に同意し、2台分を入力する", () => form(scene));

  await step("2-5, 2-6 内容を確認して申請する", async () => {
    await says(clinic, "端末2台分、発行料は合計3,000円", ...TERMINALS);
    await look(clinic, "2-6 check");
    await press(clinic, "この内容で発行を申請する");
  });

  await step("2-7 受付番号が端末ごとに表示され、メールが届く", async () => {
    await arrives(clinic, "送信が終わりました");
    await says(clinic, ...TERMINALS, "設置の日まで大切に保管");
    await look(clinic, "2-7 sent");
    kept.certificates = await clinic.locator("[data-copy]").evaluateAll((all) => all.map((box) => box.dataset.copy));
    assert.equal(new Set(kept.certificates).size, 2);
    const mail = await fromMailbox(clinic, demo, /申請情報受付通知/, (letter) => letter.innerText("main"));
    for (const words of [...kept.certificates, "3,000円"]) assert.ok(mail.includes(words), `${words} in the mail`);
  });

  await step("同じ端末の2枚目は、申請済みであることを知らされ、取り消せる", () => second(scene));

  await step("2-3 申請状況照会", async () => {
    await clinic.goto(`${demo.portal}/certificates`);
    await says(clinic, ...TERMINALS);
    await look(clinic, "2-3 certificate status");
  });

  async function second() {
    await clinic.goto(`${demo.portal}/procedures/certificate`);
    await press(clinic, "申請の入力をはじめる");
    await choose(clinic, "発行料への同意", "同意する");
    await terminal(clinic, TERMINALS[0], "共用");
    await press(clinic, "確認画面へ進む");
    await refused(clinic, javaScript, { terminal_name_1: "申請済みです" });
    await fill(clinic, { 同じ端末に2枚目が必要な理由: "パソコンを入れ替えたため。" });
    await press(clinic, "確認画面へ進む");
    await says(clinic, "申請済みです");
    await press(clinic, "この内容で発行を申請する");
    await press(clinic, "この申請の状況を見る");
    await press(clinic, "この申請を取り消す");
    await look(clinic, "2-7 withdraw");
    await press(clinic, "申請を取り消す");
    await says(clinic, "取消し", "発行料はかかりません");
    await look(clinic, "2-7 cancelled");
  }
}

async function form({ clinic, look, javaScript }) {
  await look(clinic, "2-4 form");
  await choose(clinic, "発行料への同意", "同意しない");
  await fill(clinic, { "担当部署／担当者名": "株式会社オプテック 営業部 山本", 端末の台数: "2台" });
  await press(clinic, "台数を反映する");
  await look(clinic, "2-4 form for two terminals");
  await inGroup(clinic, 1, "Windows10", "資格確認");
  await inGroup(clinic, 2, TERMINALS[1], "請求");
  await press(clinic, "確認画面へ進む");
  await refused(clinic, javaScript, { consent: "同意しない", contact: "システムベンダ", terminal_name_1: "見分け" });
  await look(clinic, "2-4 form with mistakes");
  await choose(clinic, "発行料への同意", "同意する");
  await fill(clinic, {
    "担当部署／担当者名": `事務 ${PERSON.name}`,
    "技術連絡先（システムベンダなど）": "株式会社オプテック 営業部 山本",
  });
  await inGroup(clinic, 1, TERMINALS[0], "資格確認");
  await press(clinic, "確認画面へ進む");
  await arrives(clinic, "入力内容の確認");
}

/** Fills the group of one of several terminals. */
async function inGroup(page, number, name, purpose) {
  const section = page.locator("section, fieldset").filter({ has: page.getByRole("heading", { name: `端末 ${number}台目` }) });
  await terminal(section.last(), name, purpose);
}

async function terminal(scope, name, purpose) {
  await fill(scope, { 端末名称等: name, 端末のOS: "Windows 11（IoT Enterprise LTSC 2024を含む）" });
  await choose(scope, "用途", purpose);
}
