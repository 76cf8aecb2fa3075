/** The operator's side of the manual: examining, printing, posting. */
import assert from "node:assert/strict";
import { facts, fill, field, open, pdfText, press, logIn, says } from "../support/index.mjs";

const NOTICE = "電子証明書発行通知書";

/** Someone of the staff, logged in with a browser of their own; the same person is met again later. */
export async function colleague(scene, role) {
  scene.colleagues ??= new Map();
  if (!scene.colleagues.has(role)) {
    const page = await scene.person(role);
    await logIn(page, scene.demo, scene.demo.account(role));
    scene.colleagues.set(role, page);
  }
  return scene.colleagues.get(role);
}

/** Opens a case from its queue, as staff do. */
export async function openCase(page, demo, queue, reference) {
  await page.goto(`${demo.portal}/office`);
  await page.getByRole("navigation", { name: "業務" }).getByRole("link", { name: queue, exact: true }).click();
  await page.getByRole("link", { name: reference, exact: true }).click();
}

/** The reviewer takes the eligibility application and accepts it. */
export async function acceptEligibility(scene) {
  const { demo, step, look, kept } = scene;
  await step("審査担当が利用申請を承認する", async () => {
    const reviewer = await colleague(scene, "reviewer");
    await look(reviewer, "office 1 desk");
    await openCase(reviewer, demo, "資格確認の申請", kept.eligibility);
    await says(reviewer, "自動の確認", "CAF 0123 4567 89");
    await look(reviewer, "office 2 case");
    await press(reviewer, "担当になる");
    await says(reviewer, "担当になりました");
    await press(reviewer, "承認する");
    await says(reviewer, "承認しました");
    await look(reviewer, "office 3 accepted");
  });
}

/** The RA officer approves both terminals. */
export async function approveCertificates(scene) {
  const { demo, step, look, kept } = scene;
  await step("登録局担当が2台分を承認する", async () => {
    const officer = await colleague(scene, "ra_officer");
    for (const reference of kept.certificates) {
      await openCase(officer, demo, "端末の電子証明書の申請", reference);
      await says(officer, "1,500円");
      if (reference === kept.certificates[0]) await look(officer, "office 4 certificate case");
      await press(officer, "承認する");
      await says(officer, "承認しました");
    }
  });
}

/** The dispatch clerk prints and posts; the letters' secrets are read from the PDF, as from paper. */
export async function postLetters(scene) {
  const { step, look, demo, kept, folder, javaScript } = scene;
  await step("発送担当が束を作り、通知書を印刷する", async () => {
    const clerk = await colleague(scene, "dispatch_clerk");
    await clerk.goto(`${demo.portal}/office/letters`);
    await look(clerk, "office 5 letters");
    await press(clerk, "印刷する束を作る");
    await look(clerk, "office 6 batch");
    const text = await pdfText(folder, await open(clerk, /^電子証明書発行通知書（\d+通）/));
    for (const reference of kept.certificates) assert.ok(text.includes(reference), `a letter names ${reference}`);
    await clerk.getByRole("button", { name: /通を印刷済みにする$/ }).click();
    await says(clerk, "印刷済みにしました");
    assert.equal(await clerk.getByRole("link", { name: /PDF/ }).count(), 0, "the secrets cannot be printed again");
  });

  await step("書留番号を記録する", async () => {
    const clerk = await colleague(scene, "dispatch_clerk");
    await fill(clerk, { [`書留番号：${kept.certificates[0]}`]: "12345" });
    await press(clerk, "発送済みにする");
    await clerk.getByRole("alert").first().waitFor();
    await look(clerk, "office 7 number refused");
    await fill(clerk, { [`書留番号：${kept.certificates[0]}`]: "123-45-67890-1" });
    await fill(clerk, { 一覧で入力する: `${kept.certificates[1]},１２３－４５－６７８９１－２` });
    await press(clerk, "発送済みにする");
    await says(clerk, "2通を発送済みにしました");
    await look(clerk, "office 8 posted");
    if (javaScript) assert.equal(await clerk.evaluate(() => document.activeElement.tagName), "BODY");
  });
}

/** The letters arrive: ID and secret of each as they are printed on the paper. */
export async function receiveLetters({ demo, clinic, step, look, kept, folder }) {
  await step("通知書が届く", async () => {
    kept.letters = [];
    for (const reference of kept.certificates) kept.letters.push(await letterOf(clinic, demo, folder, reference));
    await look(clinic, "letter");
  });
}

/** ID and secret of the newest letter whose paper names a reference number. */
async function letterOf(page, demo, folder, reference) {
  await page.goto(demo.mailbox);
  const places = await page.getByRole("link", { name: NOTICE, exact: true }).evaluateAll((all) => all.map((a) => a.href));
  for (const place of places) {
    await page.goto(place);
    const text = (await pdfText(folder, await open(page, "手紙（PDF）を開く"))).replace(/\s+/g, " ");
    if (!text.includes(reference)) continue;
    const { 取得ID: id, 取得パスワード: secret } = await facts(page.locator("main"));
    for (const group of [...id.split(/[- ]/), ...secret.split(/[- ]/)]) {
      assert.ok(text.includes(group), `the paper shows ${group} of ID and secret`);
    }
    return { id, secret };
  }
  throw new assert.AssertionError({ message: `no letter names ${reference}` });
}

/** Returns a filing with a reason for one field. */
export async function askForCorrection(page, demo, queue, reference, reason) {
  await openCase(page, demo, queue, reference);
  await press(page, "補正を依頼する…");
  await field(page, `${reason.field}：理由`).or(field(page, `${reason.field}：書き足す文`)).fill(reason.words);
}
