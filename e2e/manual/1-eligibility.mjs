/** Source manual 1-2 to 1-7: the eligibility application, with the mistakes that the manual warns about. */
import assert from "node:assert/strict";
import {
  arrives, choose, dayInJapan, field, fill, fromMailbox, monthInWords, open, pdfText, press, refused, says,
} from "../support/index.mjs";

const LINE = "1 : IP-VPN回線事業者（NTTなど。ただし、CTC・Qtnetを除く）";

/** From the home page to the number of the eligibility application; leaves it in `scene.kept.eligibility`. */
export async function eligibility(scene) {
  const { demo, clinic, step, look, kept } = scene;

  await step("2-2 利用申請の前に電子証明書を申請しようとすると、利用申請へ案内される", async () => {
    await clinic.goto(`${demo.portal}/articles/KB0010381`);
    await press(clinic, "電子証明書の申請画面へ進む");
    await says(clinic, "先に必要な手続があります");
    await look(clinic, "2-2 eligibility first");
    await press(clinic, "オンライン資格確認の利用申請へ進む");
    await arrives(clinic, "オンライン資格確認 利用開始・変更申請");
  });

  await step("1-2, 1-3 メニューから各種申請のページへ進む", async () => {
    await clinic.goto(demo.portal);
    await clinic.getByText("事業別トップメニュー").click();
    await look(clinic, "1-2 menu");
    await press(clinic, "オンライン資格確認・オンライン請求の各種申請について");
    await look(clinic, "1-3 applications");
    await press(clinic, "オンライン資格確認の申請はこちら");
  });

  await step("1-4 手続の一覧から利用開始・変更申請を選ぶ", async () => {
    await look(clinic, "1-4 catalogue");
    await press(clinic, "利用開始・変更申請");
  });

  await step("1-5 解説ページを読み、申請画面へ進む", async () => {
    await says(clinic, "KB0011095", "目次", "利用規約");
    await look(clinic, "1-5 article");
    await press(clinic, "オンライン資格確認等システムの利用申請画面へ進む");
    await look(clinic, "1-5 begin");
    await press(clinic, "入力をはじめる");
  });

  await step("1-6 入力する：間違いは、その場所で教えてもらえる", () => form(scene));
  await step("1-7 内容を確認し、送信を二度押ししても1件だけ届く", () => send(scene));

  await step("控えのメールとPDFが届く", async () => {
    const text = await fromMailbox(clinic, demo, /^【受付】オンライン資格確認の利用申請/, (mail) => mail.innerText("main"));
    assert.ok(text.includes(kept.eligibility), "the mail names the reference number");
    const copy = await pdfText(scene.folder, await open(clinic, "控え（PDF）を開く"));
    for (const words of [kept.eligibility, "CAF0123456789", "契約済"]) assert.ok(copy.includes(words), `${words} in the copy`);
    await press(clinic, "この申請の状況を見る");
    await look(clinic, "1-7 case");
  });
}

async function form({ demo, clinic, look, javaScript }) {
  await look(clinic, "1-6 form");
  await press(clinic, "確認画面へ進む");
  const missing = { terms: "同意", line_kind: "選んで", start_month: "選んで", fee_payment: "選んで" };
  await refused(clinic, javaScript, missing);
  await look(clinic, "1-6 form with nothing filled in");
  await mistakes({ clinic, look, javaScript });
  await look(clinic, "1-6 form with mistakes");
  if (javaScript) {
    await clinic.locator("[data-error-summary] a").first().click();
    assert.equal(await clinic.evaluate(() => document.activeElement.id), "f-customer_id_confirm");
  }
  await fill(clinic, { 確認用お客様ID: "caf 0123456789" });
  await choose(clinic, "フレッツ・v6オプション契約の確認", "1. 契約済、または利用開始までに契約予定である");
  if (javaScript) await clinic.getByText(/^保存しました \d\d:\d\d$/).waitFor();
  await press(clinic, "下書きを保存して中断する");
  await says(clinic, "下書きを保存しました", "まだ送信されていません");
  await look(clinic, "1-6 draft");
  await clinic.goto(demo.portal);
  await press(clinic, "下書きの続きを入力する");
  assert.equal(await field(clinic, "お客様ID").inputValue(), "ＣＡＦ０１２３－４５６７８９", "as it was typed");
  await press(clinic, "確認画面へ進む");
  await arrives(clinic, "入力内容の確認");
}

/** Full width is read, a second input that differs and an option that cannot be sent are named. */
async function mistakes({ clinic, look, javaScript }) {
  const today = dayInJapan();
  await clinic.getByRole("checkbox", { name: /同意します/ }).check();
  await fill(clinic, { お手元の書類にある会社の名前: "NTT東日本（フレッツ光）" });
  if (javaScript) {
    await says(clinic, "選んでおきました");
    assert.ok(await clinic.getByRole("radio", { name: LINE }).isChecked(), "the papers choose the line");
  }
  await choose(clinic, "電気通信回線種別", LINE);
  await choose(clinic, "お客様IDの種類", "オンライン請求と同じお客様IDを使用");
  await choose(clinic, "フレッツ・v6オプション契約の確認", "2. 契約していない");
  await fill(clinic, { 利用開始予定年月: monthInWords(today, 2) });
  await choose(clinic, "電子証明書発行料の支払方法", "1: 診療報酬支払額等から控除");
  await choose(clinic, "電気通信回線種別", "2 : IP-VPN回線事業者（CTC・Qtnet）");
  if (javaScript) await says(clinic, "が選ばれています");
  await press(clinic, "確認画面へ進む");
  await refused(clinic, javaScript, { line_kind: "再訪問" });
  await says(clinic, "書類と違う電気通信回線種別を選ぶ理由");
  await look(clinic, "1-6 form with another line than the papers");
  await choose(clinic, "電気通信回線種別", LINE);
  await press(clinic, "確認画面へ進む");
  await refused(clinic, javaScript, { customer_id_kind: "記録がこのポータルに見つかりません", v6_option: "契約" });
  await choose(clinic, "お客様IDの種類", "CAF");
  await fill(clinic, { お客様ID: "CAFO123456789", 確認用お客様ID: "CAF0123456789" });
  await press(clinic, "確認画面へ進む");
  await refused(clinic, javaScript, { customer_id: "数字の「0」", v6_option: "契約" });
  await fill(clinic, { お客様ID: "ＣＡＦ０１２３－４５６７８９", 確認用お客様ID: "CAF0123456798" });
  await press(clinic, "確認画面へ進む");
  await refused(clinic, javaScript, { customer_id_confirm: "違います", v6_option: "契約" });
}

async function send({ demo, clinic, look, kept }) {
  await says(clinic, "CAF 0123 4567 89", "ほかの医療機関等の申請でも使われています", "無料で取り下げられます");
  await look(clinic, "1-7 check");
  await clinic.getByRole("link", { name: /変更\s*：利用開始予定年月/ }).click();
  assert.equal(new URL(clinic.url()).hash, "#f-start_month");
  await fill(clinic, { 利用開始予定年月: monthInWords(dayInJapan(), 3) });
  await press(clinic, "確認画面へ進む");
  await says(clinic, monthInWords(dayInJapan(), 3));
  await clinic.getByRole("button", { name: "この内容で申請を送信する" }).dblclick();
  await arrives(clinic, "送信が終わりました");
  await look(clinic, "1-7 sent");
  kept.eligibility = await clinic.locator("[data-copy]").getAttribute("data-copy");
  await clinic.reload();
  const done = clinic.url();
  await clinic.goto(`${demo.portal}/mylist?part=applications`);
  assert.equal(await clinic.getByRole("row").count(), 2, "the heading and one case");
  await look(clinic, "1-7 my list");
  await clinic.goto(done);
}
