/** Pages of the office that no link leads to: the answers to forms, refused ones first, and lists that were narrowed. */
import assert from "node:assert/strict";
import { file, line } from "../office/filing.mjs";
import { fill, press } from "../support/index.mjs";

/** Presses a button that must be refused, and looks at the answer. */
async function refused(page, look, button, name) {
  await press(page, button);
  await page.getByRole("alert").first().waitFor();
  assert.match(await page.title(), /^エラー：/, `the title of ${page.url()} says that it was refused`);
  await look(page, name);
}

/** Opens addresses one after the other and looks at each. */
async function open(page, demo, look, places) {
  for (const [name, place] of Object.entries(places)) {
    const answer = await page.goto(demo.portal + place);
    assert.ok(answer.status() < 400, `${place} answers ${answer.status()}`);
    await look(page, name);
  }
}

/** The reviewer: lists that were narrowed and kept, each act on one case and on several. */
async function reviewer(page, demo, look) {
  const narrow = "prefecture=13&score_table=1&age=over&deadline=30&assignee=nobody&flag=asked";
  await open(page, demo, look, {
    "queue narrowed": `/office/queue/eligibility?state=submitted&${narrow}`,
    "queue nothing chosen": "/office/queue/claims?said=unchosen",
    "queue returned": "/office/queue/claims?state=returned",
    "queue accepted": "/office/queue/eligibility?state=accepted",
  });
  await page.goto(`${demo.portal}/office/queue/claims`);
  await page.getByText(/^保存した条件/).click();
  await fill(page, { いまの条件の名前: "わたしの一覧" });
  await press(page, "条件を保存する");
  await page.getByText(/^保存した条件/).click();
  await look(page, "queue saved");
  await onOneCase(page, demo, look);
  await onSeveral(page, demo, look);
}

async function onOneCase(page, demo, look) {
  const first = "次の申請を審査する";
  await page.goto(`${demo.portal}/office/queue/claims`);
  await press(page, first);
  const address = page.url();
  for (const [act, button] of [["補正を依頼する…", "この内容で補正を依頼する"], ["却下する…", "この理由で却下する"], ["質問する…", "質問を送る"]]) {
    await page.goto(address);
    await press(page, act);
    await look(page, `case ${act}`);
    await refused(page, look, button, `case ${act} refused`);
  }
  await page.locator("main textarea").fill("工事の予定日を教えてください。");
  await press(page, "質問を送る");
  await look(page, "case asked");
  await page.locator("#f-note").fill("電話でも伝えました。");
  await press(page, "覚え書きを残す");
  await look(page, "case with a note");
}

async function onSeveral(page, demo, look) {
  await page.goto(`${demo.portal}/office/queue/eligibility`);
  await page.locator("tbody input[type=checkbox]").first().check();
  await press(page, "補正を依頼する…");
  await look(page, "bulk return");
  const button = await page.locator("main form button[type=submit]").last().innerText();
  await refused(page, look, button, "bulk return refused");
  await page.locator("main textarea").fill("書類をもう一度ご確認ください。");
  await press(page, button);
  await look(page, "bulk result");
}

/** The dispatch clerk: a batch printed, numbers refused and taken, letters looked for. */
async function dispatch_clerk(page, demo, look) {
  await open(page, demo, look, { "letters not found": "/office/letters?find=000-00-00000-0" });
  await press(page, "印刷する束を作る");
  await look(page, "batch");
  await page.request.get(new URL(await page.getByRole("link", { name: /PDF/ }).first().getAttribute("href"), page.url()).href);
  await page.getByRole("button", { name: /通を印刷済みにする$/ }).click();
  await look(page, "batch printed");
  await page.locator("main input.input-code").first().fill("12345");
  await refused(page, look, "発送済みにする", "batch number refused");
}

/** The billing clerk: the month to close, payments, what is done against them. */
async function billing_clerk(page, demo, look) {
  await page.goto(`${demo.portal}/office/payments`);
  await refused(page, look, "入金を記録する", "payment refused");
  await page.locator("#f-list").fill("1,2,3");
  await refused(page, look, "一覧の入金を記録する", "payments refused");
  await page.goto(`${demo.portal}/office/closings/next`);
  await page.getByRole("button", { name: /月を締める$/ }).click();
  await look(page, "closing closed");
}

/** The call-centre agent: a call without, with a wrong and with the right code, and what is written about it. */
async function call_centre_agent(page, demo, look, pages) {
  await page.goto(`${demo.portal}/office/desk-call`);
  await refused(page, look, "申請を探す", "call nothing typed");
  const { reference, code } = await spoken(pages.get("owner"), demo);
  await fill(page, { 受付番号: reference });
  await press(page, "申請を探す");
  await look(page, "call without code");
  await fill(page, { "本人確認の番号（6桁）": "000000" });
  await refused(page, look, "申請を探す", "call wrong code");
  await fill(page, { 受付番号: reference, "本人確認の番号（6桁）": code });
  await press(page, "申請を探す");
  await look(page, "call open");
  await refused(page, look, "電話の内容を記録する", "call note refused");
  await answered(page, demo, look, pages.get("owner"));
}

/** What the caller reads from their page. */
async function spoken(owner, demo) {
  const { address, reference } = await file(owner, demo, "eligibility", line("CAF7000000031"));
  await owner.goto(address);
  const code = (await owner.locator(".spoken-code").getAttribute("aria-label")).replaceAll(" ", "");
  return { reference, code };
}

async function answered(page, demo, look, owner) {
  await owner.goto(`${demo.portal}/inquiries`);
  await owner.getByLabel(/お問い合わせの種類/).selectOption({ index: 1 });
  await owner.getByLabel(/お問い合わせの内容/).fill("書類が2枚あります。どちらを見ればよいですか。");
  await press(owner, "お問い合わせを送信する");
  await page.goto(`${demo.portal}/office/inquiries`);
  await page.locator("tbody a.cell-link").first().click();
  await look(page, "inquiry");
  await refused(page, look, "回答を送る", "inquiry answer refused");
}

/** The administrator: one topic of each kind with its form, refused, and what a second person decides. */
async function administrator(page, demo, look) {
  for (const topic of ["targets", "holidays", "list.ipsec_providers", "list.line_finder"]) {
    await open(page, demo, look, { [`setting ${topic}`]: `/office/settings/${topic}/change` });
    await refused(page, look, "保存する", `setting ${topic} refused`);
  }
  await open(page, demo, look, { "proposals approved": "/office/proposals?state=approved" });
  await open(page, demo, look, { "access tokens": "/office/access-tokens" });
  await refused(page, look, "アクセストークンを作る", "access token refused");
  await open(page, demo, look, { "receiver new": "/office/receivers/new" });
  await refused(page, look, "通知先を登録する", "receiver refused");
}

/** The editor: a mail and a document, looked at before they are kept, and proposed without saying why. */
async function editor(page, demo, look) {
  for (const topic of ["mail.application_accepted", "document.guide"]) {
    await open(page, demo, look, { [`setting ${topic}`]: `/office/settings/${topic}/change` });
    await press(page, "プレビューを見る");
    await page.getByRole("heading", { name: /^プレビュー：/ }).waitFor();
    await look(page, `setting ${topic} preview`);
    await page.getByRole("button", { name: /^(保存する|変更を起案する)$/ }).click();
    await page.getByRole("alert").first().waitFor();
    await look(page, `setting ${topic} refused`);
  }
  await open(page, demo, look, { "setting synonyms": "/office/settings/list.search_synonyms/change" });
  await refused(page, look, "保存する", "setting synonyms refused");
  await searched(page, demo, look);
  await told(page, demo, look);
  await article(page, demo, look);
}

/** What the search shows to one of the staff: found, narrowed, nothing, too little; and what became of the words. */
async function searched(page, demo, look) {
  const words = (text, more = "") => `/search?q=${encodeURIComponent(text)}${more}`;
  await open(page, demo, look, {
    "search found": words("オン資"),
    "search narrowed": words("電子証明書", "&kind=faq"),
    "search second page": words("電子証明書", "&from=20"),
    "search nothing": words("くまざさのはなし"),
    "search too short": words("回"),
    "search words": "/office/search-words",
  });
  await page.getByRole("button", { name: /^対応済みにする/ }).first().click();
  await look(page, "search word handled");
}

/** The editor's notices and the line on top of every page: hostile words looked at and refused, then published and told. */
async function told(page, demo, look) {
  await page.goto(`${demo.portal}/office/notices/new`);
  await page.getByLabel("本文").fill("## <script>alert(1)</script>\n\n[x](javascript:alert(1)) ".repeat(20));
  await refused(page, look, "公開する", "notice refused");
  await page.getByLabel("題名").fill("<b>年末年始</b>の窓口 " + "長".repeat(60));
  await press(page, "プレビューを見る");
  await page.getByRole("heading", { name: /^プレビュー：/ }).waitFor();
  await look(page, "notice preview");
  await refused(page, look, "公開する", "notice with HTML refused");
  await page.getByLabel("本文").fill("## 窓口の休み\n\n年末年始は**お休み**です。\n");
  await press(page, "公開する");
  await look(page, "notice published");
  await press(page, "ポータルのページを見る");
  await look(page, "notice read");
  await page.goto(`${demo.portal}/office/status/new?kind=trouble`);
  await refused(page, look, "すべての画面に知らせる", "status refused");
  await page.getByLabel("題名").fill("メールの送信が遅れています");
  await page.getByLabel("メールの送信").check();
  await press(page, "すべての画面に知らせる");
  await look(page, "status told");
  await page.locator("summary", { hasText: "終了にする" }).click();
  await page.getByRole("button", { name: "終了にする" }).click();
  await page.getByRole("alert").first().waitFor();
  await look(page, "status not closed");
  await open(page, demo, look, { status: "/status" });
}

/** The editor: an article from a refused form to its publication, with a second version and the difference. */
async function article(page, demo, look) {
  await page.goto(`${demo.portal}/office/articles/new`);
  await refused(page, look, "下書きを保存する", "article refused");
  await fill(page, { 題名: "回線の種類がわからないとき", アドレスの名前: "line-unknown", 分類: "回線" });
  await page.getByLabel("よくある質問").check();
  await page.locator("#f-body").fill("## 調べ方\n\n|書類|見る所|\n|-|-|\n|開通のご案内|右上|\n\n<script>alert(1)</script>");
  await page.locator(".preview h2", { hasText: "調べ方" }).waitFor();
  await refused(page, look, "下書きを保存する", "article with HTML refused");
  await page.locator("#f-body").fill("## 調べ方\n\n|書類|見る所|\n|-|-|\n|開通のご案内|右上|\n");
  await press(page, "下書きを保存する");
  await look(page, "article draft");
  const address = page.url().split("?")[0];
  await press(page, "公開する");
  await page.goto(`${address}/edit`);
  await page.locator("#f-body").fill("## 調べ方\n\n電話で確かめます。\n");
  await fill(page, { 変更の理由: "書類がない方のため" });
  await press(page, "下書きを保存する");
  await open(page, demo, look, {
    "article compared": `${address.replace(demo.portal, "")}/compare?a=1&b=2`,
    "article published": "/articles/line-unknown",
  });
  await refused(page, look, "答えを送る", "article answer refused");
  await page.getByLabel("いいえ").check();
  await page.getByText("ひとことを書く").click();
  await page.locator("#f-words").fill("電話番号が見つかりません。");
  await press(page, "答えを送る");
  await look(page, "article answered");
  await open(page, demo, look, { "article answers": "/office/articles/feedback" });
}

/** The auditor: the chain looked through and verified. */
async function auditor(page, demo, look) {
  const narrow = "who=owner%40clinic.example&from=2020-01-01&to=2099-12-31";
  await open(page, demo, look, { "audit narrowed": `/office/audit?${narrow}`, "audit nothing": "/office/audit?institution=9999999999" });
  await page.goto(`${demo.portal}/office/audit/verify`);
  await press(page, "検証を始める");
  await look(page, "audit verifying");
}

/** What each role does after it has seen what links lead to. */
export const forms = { reviewer, dispatch_clerk, billing_clerk, call_centre_agent, editor, administrator, auditor };
