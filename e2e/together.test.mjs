/** まとめて申請する: a clinic with one terminal sends three filings from what lies on its desk, and we count what it takes. */
import assert from "node:assert/strict";
import {
  arrives, choose, dayInJapan, fill, fromMailbox, journey, judge, logIn, monthInWords, monthsToStart, press, refused, says,
} from "./support/index.mjs";

/** What the three procedures together may ask of a clinic with one terminal and known register data. */
const MOST_ANSWERS = 12;
/** Pages from the login to the page that says that all three are sent, both included. */
const MOST_PAGES = 12;

/** Counts the answers that a person gives and the pages that the person opens. */
function counted(page) {
  const count = { answers: 0, pages: 0 };
  page.on("framenavigated", (frame) => {
    if (frame === page.mainFrame()) count.pages += 1;
  });
  return {
    count,
    fill: async (values) => {
      count.answers += Object.keys(values).length;
      await fill(page, values);
    },
    choose: async (legend, option) => {
      count.answers += 1;
      await choose(page, legend, option);
    },
    tick: async (name) => {
      count.answers += 1;
      await page.getByRole("checkbox", { name, exact: true }).check();
    },
  };
}

journey("三つの手続をまとめて申請する", async ({ demo, step, shot, javaScript, person }) => {
  const look = judge({ javaScript, shot });
  const owner = demo.accounts.find((account) => account.role === "owner");
  const clinic = await person("clinic");
  const by = counted(clinic);
  const go = (name = "次へ進む") => press(clinic, name);

  await step("ログインして、まとめて申請をはじめる", async () => {
    await logIn(clinic, demo, owner);
    await look(clinic, "home");
    by.count.pages = 2;
    await go("まとめて申請をはじめる");
    await look(clinic, "start");
    await by.choose("オンライン請求の届出を、紙で送ったことがありますか", "いいえ、はじめて届け出ます");
    await go("入力をはじめる");
  });

  await step("書類を見て、回線とお客様IDを答える", async () => {
    await look(clinic, "papers");
    await by.fill({ お手元の書類にある会社の名前: "NTT東日本（フレッツ光）" });
    await go();
    await look(clinic, "line");
    const line = clinic.getByRole("radio", { name: "1 : IP-VPN回線事業者（NTTなど。ただし、CTC・Qtnetを除く）" });
    assert.ok(await line.isChecked(), "the papers chose the line");
    await by.fill({ お客様ID: "ＣＡＦ０１２３－４５６７８９", 確認用お客様ID: "caf 0123456789" });
    await by.choose("フレッツ・v6オプション契約の確認", "1. 契約済、または利用開始までに契約予定である");
    await go();
  });

  await step("途中でやめても、同じところから続けられる", async () => {
    await look(clinic, "computer");
    const pages = by.count.pages;
    await go("保存して中断する");
    await says(clinic, "下書きを保存しました", "入力の途中です", "レセコン");
    await look(clinic, "home in between");
    await go("続きから入力する");
    await arrives(clinic, "レセコン");
    by.count.pages = pages;
    await by.fill({
      レセコンのプログラム名称: "Opt.one3",
      "パソコンの基本ソフト（OS）・ブラウザ": "Windows 11 IoT Enterprise LTSC 2024(64bit)/Microsoft Edge(Chromium)",
    });
    await go();
  });

  await step("端末は、わかっていることがもう入っている", async () => {
    await look(clinic, "terminals");
    assert.equal(await clinic.getByLabel("端末名称等").inputValue(), "資格確認・請求共用パソコン");
    await go();
  });

  await step("時期と支払いを選び、規約に同意する", async () => {
    await look(clinic, "time");
    await by.fill({ 利用開始予定年月: monthInWords(dayInJapan(), monthsToStart(dayInJapan())) });
    await by.choose("電子証明書発行料の支払方法", "1: 診療報酬支払額等から控除");
    await go();
    const answers = by.count.answers;
    const pages = by.count.pages;
    await go();
    await refused(clinic, javaScript, { terms: "同意", safety_rules: "同意", consent: "選んで" });
    await look(clinic, "consent with nothing ticked");
    Object.assign(by.count, { answers, pages });
    await by.tick("すべての内容を読み、同意します。");
    await by.tick("内容を読み、同意します。");
    await by.choose("発行料への同意", "同意する");
    await go();
  });

  await step("三つの手続を並べて確かめ、一度で送信する", async () => {
    await arrives(clinic, "送信する内容の確認");
    await says(clinic, "手続を並べて見る", "2:IP-VPN接続【IPv6】", "同じ回線です");
    await look(clinic, "check");
    await go("チェックを入れた手続を送信する");
    await arrives(clinic, "送信が終わりました");
    await look(clinic, "sent");
    const numbers = await clinic.locator("[data-copy]").evaluateAll((all) => all.map((one) => one.dataset.copy));
    assert.equal(new Set(numbers).size, 3, `three numbers: ${numbers}`);
    assert.ok(by.count.answers <= MOST_ANSWERS, `${by.count.answers} answers`);
    assert.ok(by.count.pages <= MOST_PAGES, `${by.count.pages} pages`);
  });

  await step("戻るボタンでも、もう一度は送信されない", async () => {
    await clinic.goBack();
    await clinic.goto(`${demo.portal}/together/check`);
    await says(clinic, "すべて送信されています");
    for (const title of [/^【受付】オンライン資格確認/, /^電子証明書 申請情報受付通知/, /^【受付】オンライン請求/]) {
      await fromMailbox(clinic, demo, title, async (mail) => says(mail, "受付番号"));
    }
  });
});
