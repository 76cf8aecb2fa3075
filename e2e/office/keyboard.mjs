/** A reviewer's morning without a mouse: from the login to a case returned, one accepted, one refused. */
import assert from "node:assert/strict";
import { arrives, axe, says } from "../support/index.mjs";
import { enter, keysIn, shortcut, typeIn } from "../support/keyboard.mjs";
import { actFor, applicant, file, line } from "./filing.mjs";

const QUEUE = "オンライン資格確認 利用開始・変更申請";

/** Waits until the page says this, after a key that leads on; then it says the rest too. */
async function told(page, words, ...more) {
  await page.getByText(words).first().waitFor();
  await says(page, words, ...more);
}

/** Three dentists file, so that a filter by score table leaves just them. */
export async function threeDentists(stage) {
  const { demo } = stage;
  const [owner, group] = [await applicant(stage, "owner"), await applicant(stage, "group")];
  const cases = [await file(owner, demo, "eligibility", line("CAF7000000011"))];
  const [first, second] = demo.account("group").institution.split("、");
  for (const [place, name] of [first, second].entries()) {
    await actFor(group, demo, name.replace(/^\d+ /, ""));
    cases.push(await file(group, demo, "eligibility", line(`CAF700000002${place}`)));
  }
  return cases.map(({ reference }) => reference);
}

/** Logs in and comes to the queue. */
export async function toQueue(page, demo, { email, password }) {
  await page.goto(`${demo.portal}/login`);
  await typeIn(page, "email", email);
  await typeIn(page, "password", password);
  await page.keyboard.press("Enter");
  await arrives(page, "業務");
  await enter(page, "資格確認の申請");
  await arrives(page, QUEUE);
}

/** Leaves only the dentists in the list. */
export async function filter(page, references) {
  await keysIn(page, "score_table", "3");
  await enter(page, "絞り込む");
  await page.waitForURL(/score_table=3/);
  const rows = await page.locator("tbody th").allInnerTexts();
  assert.deepEqual(rows.map((row) => row.trim()), references, "just the three, the first that was sent first");
}

/** In the list single keys move, choose and lead to the filters, while the focus is in it. */
export async function keysOfList(page, references) {
  await page.waitForLoadState();
  await keysIn(page, "case");
  assert.equal((await shortcut(page, "j")).text, references[1]);
  assert.equal((await shortcut(page, "k")).text, references[0]);
  await shortcut(page, "x");
  assert.ok(await page.getByRole("checkbox", { name: `${references[0]}を選ぶ` }).isChecked());
  await shortcut(page, "x");
  assert.equal((await shortcut(page, "/")).name, "state", "the first of the filters");
}

/** Without scripts Space chooses, as everywhere. */
export async function chooseInList(page, references) {
  await keysIn(page, "case", "Space");
  assert.ok(await page.getByRole("checkbox", { name: `${references[0]}を選ぶ` }).isChecked());
  await page.keyboard.press("Space");
}

/** Opens the first case by the button of the list. */
export async function takeNext(page, references) {
  await page.reload();
  await enter(page, "次の申請を審査する");
  await arrives(page, new RegExp(references[0]));
}

/** On a case single keys lead to the next, the one before, the list; they can be switched off. */
export async function keysOfCase(page, references) {
  const press = async (key, heading) => {
    await page.waitForLoadState();
    await page.keyboard.press(key);
    await arrives(page, heading);
  };
  await press("n", new RegExp(references[1]));
  await press("k", new RegExp(references[0]));
  await enter(page, "キー操作を切る");
  await page.keyboard.press("n");
  await says(page, "キー操作を使う", references[0]);
  await page.keyboard.press("Enter");
  await press("u", QUEUE);
  await enter(page, references[0]);
  await arrives(page, new RegExp(references[0]));
}

/** Reads what the checks found to be right, behind their fold. */
export async function readChecks(page) {
  await says(page, "自動の確認", "確認が必要なものはありません");
  const fold = page.locator("details").filter({ hasText: "問題なしのもの" });
  await enter(page, /^問題なしのもの/);
  assert.ok(await fold.evaluate((one) => one.open), "the fold is open");
  await says(page, "台帳への掲載", "お客様IDの重複");
}

/** Takes the case and returns it with a reason for each of two fields. */
export async function giveBack(page, { javaScript, look }) {
  await enter(page, "担当になる");
  await told(page, "担当になりました");
  await enter(page, "補正を依頼する…");
  await arrives(page, "補正を依頼する");
  await keysIn(page, "canned-line_kind", "ArrowDown", "ArrowDown");
  await typeIn(page, "words-line_kind", javaScript ? "\n工事の日までにお願いします。" : "工事の日までにお願いします。");
  await keysIn(page, "canned-customer_id", "ArrowDown");
  await look(page, "keyboard reasons");
  await enter(page, "この内容で補正を依頼する");
  await told(page, "補正を依頼しました", "CTCまたはQTnetと思われます", "工事の日までにお願いします。", "「開通のご案内」をご覧になり");
}

/** Goes on to the next case and accepts it. */
export async function accept(page, references) {
  await enter(page, /^次の申請/);
  await arrives(page, new RegExp(references[1]));
  await axe(page);
  await enter(page, "承認する");
  await told(page, "承認しました");
}

/** Goes on to the last and refuses it; the list is empty then. */
export async function refuse(page, references) {
  await enter(page, /^次の申請/);
  await arrives(page, new RegExp(references[2]));
  await enter(page, "却下する…");
  await arrives(page, "却下する");
  await enter(page, "この理由で却下する");
  await page.getByRole("alert").first().waitFor();
  await axe(page);
  await typeIn(page, "words-general", "同じ内容の申請を、すでに受け付けているためです。");
  await enter(page, "この理由で却下する");
  await told(page, "却下しました", "すでに受け付けているためです。");
  await enter(page, /^次の申請/);
  await told(page, "この条件の次の申請は、もうありません");
}
