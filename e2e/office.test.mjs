/** The reviewer's desk: without a mouse, and as someone who is new there. */
import assert from "node:assert/strict";
import * as keyboard from "./office/keyboard.mjs";
import { FILINGS, examine, prepare, seenByApplicant } from "./office/ten.mjs";
import { journey, judge, logIn } from "./support/index.mjs";

journey("審査をキーボードだけでする", async (stage) => {
  const { demo, person, step, javaScript } = stage;
  const look = judge(stage);
  let references;
  await step("歯科の3つの医療機関が申請する", async () => {
    references = await keyboard.threeDentists(stage);
  });
  const page = await person("reviewer");
  await step("ログインして、一覧を開く", () => keyboard.toQueue(page, demo, demo.account("reviewer")));
  await step("歯科だけに絞り込む", () => keyboard.filter(page, references));
  if (javaScript) await step("一覧の中では、1つのキーで動ける", () => keyboard.keysOfList(page, references));
  else await step("一覧の中で、選ぶ", () => keyboard.chooseInList(page, references));
  await step("次の申請を開く", () => keyboard.takeNext(page, references));
  if (javaScript) await step("申請の間も、1つのキーで動ける", () => keyboard.keysOfCase(page, references));
  await step("自動の確認を読む", () => keyboard.readChecks(page));
  await step("項目ごとに理由を付けて、補正を依頼する", () => keyboard.giveBack(page, { javaScript, look }));
  await step("次の申請を承認する", () => keyboard.accept(page, references));
  await step("その次の申請を却下する", () => keyboard.refuse(page, references));
});

journey("はじめての審査担当が、10件を画面だけで判断する", async (stage) => {
  const { demo, person, step } = stage;
  const scene = { ...stage, look: judge(stage) };
  let cases;
  await step("10件が届く", async () => {
    cases = await prepare(stage);
    assert.equal(cases.length, 10);
    assert.equal(FILINGS.filter(({ end }) => end !== "accepted").length, 3);
  });
  const decided = new Map();
  for (const [role, kinds] of [["reviewer", ["eligibility", "claims"]], ["ra_officer", ["certificate"]]]) {
    await step(`${role}が、自動の確認だけを見て判断する`, async () => {
      const page = await person(role);
      await logIn(page, demo, demo.account(role));
      await page.waitForURL(/\/office/);
      for (const [reference, end] of await examine(scene, page, kinds, cases)) decided.set(reference, end);
    });
  }
  await step("7件は承認、2件は補正依頼、1件は却下になり、申請者にもそう見える", async () => {
    for (const one of cases) {
      assert.equal(decided.get(one.reference), one.end, `${one.kind} of ${one.who} ${one.place ?? ""}`);
      await seenByApplicant(stage, one);
    }
  });
});
