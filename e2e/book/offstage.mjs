/** What happens beside the pages of the manual: the post, the operator's desk, the file on the terminal. */
import { fromMailbox, facts, logIn, open, press } from "../support/index.mjs";
import { PERSON } from "./people.mjs";

/** Opens the link of the confirmation mail, as a person does in their own mail program. */
export async function openConfirmation({ demo }, page) {
  const link = await fromMailbox(page, demo, "【要操作】メールアドレスの確認をお願いします", (mail) =>
    mail.getByRole("link", { name: /\/register\// }).getAttribute("href"));
  await page.goto(link);
}

/** The letter with the code comes; the home page says that it is waited for. */
export async function receiveCode({ demo, kept }, page) {
  kept.code = await fromMailbox(page, demo, "所属確認のお知らせ", (letter) => letter.locator("dd.code").first().innerText());
}

/** Logs out, so that the login page is as it is on another day. */
export async function leave(_, page) {
  await page.context().clearCookies();
}

/** Keeps the reference number of what was just sent. */
export const keepNumber = (name) => async ({ kept }, page) => {
  kept[name] = await page.locator("[data-copy]").first().getAttribute("data-copy");
};

async function colleague(stage, role) {
  const known = stage.kept[role];
  if (known) return known;
  const page = await stage.person(role);
  await logIn(page, stage.demo, stage.demo.account(role));
  await page.waitForURL((address) => address.pathname !== "/login");
  return (stage.kept[role] = page);
}

async function accept(stage, role, queue, reference) {
  const page = await colleague(stage, role);
  await page.goto(`${stage.demo.portal}/office`);
  await page.getByRole("navigation", { name: "業務" }).getByRole("link", { name: queue, exact: true }).click();
  await page.getByRole("link", { name: reference, exact: true }).click();
  await press(page, "承認する");
  await page.getByText("承認しました").first().waitFor();
}

/** The operator examines all three, prints the letter and posts it; then it lies on the clinic's table. */
export async function daysPass(stage, page) {
  const { demo, kept } = stage;
  await accept(stage, "reviewer", "資格確認の申請", kept.eligibility);
  await accept(stage, "ra_officer", "端末の電子証明書の申請", kept.certificate);
  await accept(stage, "reviewer", "オンライン請求の届出", kept.claims);
  const clerk = await colleague(stage, "dispatch_clerk");
  await clerk.goto(`${demo.portal}/office/letters`);
  await press(clerk, "印刷する束を作る");
  await open(clerk, /^電子証明書発行通知書（\d+通）/);
  await clerk.getByRole("button", { name: /通を印刷済みにする$/ }).click();
  await clerk.getByLabel(`書留番号：${kept.certificate}`).fill("123-45-67890-1");
  await press(clerk, "発送済みにする");
  await clerk.getByText("発送済みにしました").first().waitFor();
  await findLetter(stage, page);
}

/** ID, secret and paper of the letter about the clinic's own terminal. */
async function findLetter({ demo, kept }, page) {
  await page.goto(demo.mailbox);
  const letters = page.getByRole("link", { name: "電子証明書発行通知書", exact: true });
  const places = await letters.evaluateAll((all) => all.map((link) => link.href));
  for (const place of places) {
    await page.goto(place);
    if (!(await page.locator("main").innerText()).includes(kept.certificate)) continue;
    const { 取得ID: id, 取得パスワード: secret } = await facts(page.locator("main"));
    kept.letter = { id, secret, paper: await open(page, "手紙（PDF）を開く") };
    return;
  }
  throw new Error(`no letter is about ${kept.certificate}`);
}

/** The clinic whose terminals have been in use for years. */
export async function enterOldClinic(stage, page) {
  await logIn(page, stage.demo, stage.demo.account("terminals"));
  await page.waitForURL((address) => address.pathname !== "/login");
}

/** A clinic that has registered and filed nothing yet. */
export async function enterNewClinic(stage, page) {
  await logIn(page, stage.demo, stage.demo.account("owner"));
  await page.waitForURL((address) => address.pathname !== "/login");
}

/** The person of the story logs in again. */
export async function enter({ demo }, page) {
  await logIn(page, demo, PERSON);
  await page.waitForURL((address) => address.pathname !== "/login");
}
