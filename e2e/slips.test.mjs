/** What people do wrong, twice, at the same time or out of malice, and what must happen then. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { goesOnWhereItWas, hostileText, sendTwice, sessionEnds, sessionWarns } from "./slips/forms.mjs";
import { hostileCase, hostileReader, newColleague, twoReviewers } from "./slips/office.mjs";
import { downloadAgain, postedLetter, wrongSecret } from "./slips/pickup.mjs";
import { journey, judge } from "./support/index.mjs";

journey("うっかりと、いたずら", async (stage) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "madoguchi-slips-"));
  const scene = { ...stage, folder, look: judge(stage), owner: await stage.person("owner") };
  const { step } = stage;
  try {
    await step("入力の途中でログインが切れても、入力した内容が残る", () => sessionEnds(scene));
    await step("ログインが切れる前に知らせ、押すと続けられる", () => sessionWarns(scene));
    await step("途中でやめても、別の端末で、同じ項目から続けられる", () => goesOnWhereItWas(scene));
    await step("二重に押しても、戻っても、別のタブでも、申請は1件", () => sendTwice(scene));
    await step("悪い文字は、保存されるか断られ、動かない", () => hostileText(scene));
    await step("職員が悪い文字を読んでも、動かない", () => hostileCase(scene));
    await step("読者と編集者の悪い文字も、動かない", () => hostileReader(scene));
    await step("新しい審査担当を登録する", async () => {
      scene.colleague = await newColleague(scene);
    });
    await step("同じ申請を2人が判断すると、後の人に知らせる", () => twoReviewers(scene));
    await step("発送済みの通知書を選ぶ", async () => {
      scene.letter = await postedLetter(scene);
    });
    await step("取得パスワードが違っても、取得IDが違っても、同じ言葉で断る", () => wrongSecret(scene));
    await step("取得が途切れたら、もう一度取得できる", () => downloadAgain(scene));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
