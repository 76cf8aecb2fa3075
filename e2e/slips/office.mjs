/** Slips at the operator's: two people on one case, a text that does harm read by staff. */
import assert from "node:assert/strict";
import { fill, fromMailbox, logIn, press, says } from "../support/index.mjs";
import { numberOn } from "./forms.mjs";
import { hostile, nothingRan } from "./hostile.mjs";

const COLLEAGUE = { name: "二宮 審", email: "ninomiya@madoguchi.example", password: "hiru-no-tsuki-wa-shiroi" };

/** The officer reads the text that the applicant typed and refuses the case with more of it; nothing runs. */
export async function hostileCase({ demo, person, look }) {
  const officer = await person("officer");
  await logIn(officer, demo, demo.account("ra_officer"));
  await officer.goto(`${demo.portal}/office/queue/certificate`);
  await nothingRan(officer);
  await officer.getByRole("row").filter({ hasText: hostile.terminal }).getByRole("link").first().click();
  await says(officer, hostile.script, hostile.template);
  await nothingRan(officer);
  await look(officer, "5 office hostile case");
  await press(officer, "却下する…");
  await press(officer, "この理由で却下する");
  await officer.getByRole("alert").first().waitFor();
  await look(officer, "5 office reject refused");
  await officer.locator("main").getByRole("textbox").last().fill(hostile.attribute);
  await press(officer, "この理由で却下する");
  await says(officer, "却下しました");
  await nothingRan(officer);
}

/** A reader answers with texts that do harm, and an editor reads them and types them into an article; nothing runs. */
export async function hostileReader({ demo, javaScript, person, look }) {
  const reader = await person("reader");
  for (const text of [...Object.values(hostile), hostile.script]) {
    await reader.goto(`${demo.portal}/articles/letter-lost`);
    await reader.getByLabel("いいえ").check();
    await reader.getByText("ひとことを書く").click();
    await reader.locator("#f-words").fill(text);
    await press(reader, "答えを送る");
    await nothingRan(reader);
  }
  const editor = await person("editor");
  await logIn(editor, demo, demo.account("editor"));
  await editor.goto(`${demo.portal}/office/articles/feedback`);
  await says(editor, hostile.script);
  await nothingRan(editor);
  await editor.goto(`${demo.portal}/office/articles/new`);
  for (const text of Object.values(hostile)) {
    await editor.locator("#f-body").fill(`始まり\n\n${text}\n\n終わり`);
    if (!javaScript) await press(editor, "プレビューを見る");
    await editor.locator("[data-preview-text]", { hasText: "終わり" }).waitFor();
    await nothingRan(editor);
    assert.equal(await editor.evaluate(() => window.ran), undefined);
  }
  await look(editor, "5 office hostile article");
  await editor.locator("#f-body").fill("");
}

/** The administrator adds a reviewer, who chooses a password by the link of the mail. */
export async function newColleague({ demo, person, look }) {
  const administrator = await person("administrator");
  await logIn(administrator, demo, demo.account("administrator"));
  await administrator.goto(`${demo.portal}/office/staff`);
  await look(administrator, "6 office staff");
  await press(administrator, "職員を登録する");
  await press(administrator, "職員を登録する");
  await administrator.getByRole("alert").first().waitFor();
  await look(administrator, "6 office new staff refused");
  await fill(administrator, { 名前: COLLEAGUE.name, メールアドレス: COLLEAGUE.email, 審査担当: true });
  await press(administrator, "職員を登録する");
  await says(administrator, "職員を登録しました");
  await look(administrator, "6 office new staff");

  const colleague = await person("colleague");
  const subject = "【要操作】職員アカウントのパスワードを設定してください";
  const link = await fromMailbox(colleague, demo, subject, (mail) =>
    mail.getByRole("link", { name: /\/password\// }).getAttribute("href"),
  );
  await colleague.goto(link);
  await look(colleague, "6 new password");
  const again = "新しいパスワード（確認のためもう一度）";
  await fill(colleague, { 新しいパスワード: "short", [again]: "shorter" });
  await press(colleague, "新しいパスワードを設定する");
  await colleague.getByRole("alert").first().waitFor();
  await look(colleague, "6 new password refused");
  await fill(colleague, { 新しいパスワード: COLLEAGUE.password, [again]: COLLEAGUE.password });
  await press(colleague, "新しいパスワードを設定する");
  await says(colleague, "新しいパスワードを設定しました");
  await logIn(colleague, demo, COLLEAGUE);
  await colleague.waitForURL(/\/office/);
  return colleague;
}

/** Both open the same case; the first accepts, the second asks for a correction, is told, and loses no word. */
export async function twoReviewers({ demo, person, look, colleague }) {
  const reviewer = await person("reviewer");
  await logIn(reviewer, demo, demo.account("reviewer"));
  await reviewer.waitForURL(/\/office/);
  await reviewer.goto(`${demo.portal}/office/next`);
  const number = await numberOn(reviewer);
  await colleague.goto(reviewer.url());
  await press(colleague, "補正を依頼する…");
  const words = "書類の番号をもう一度ご確認ください。";
  await colleague.locator("main").getByRole("textbox").last().fill(words);
  await press(reviewer, "承認する");
  await says(reviewer, "承認しました");
  await press(colleague, "この内容で補正を依頼する");
  await says(colleague, "この申請の状態が変わっています", "今回の操作は記録していません", words);
  assert.equal(await numberOn(colleague), number);
  await look(colleague, "7 second reviewer");
}
