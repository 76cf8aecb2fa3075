/** Ten filings, three of them with a fault, decided by someone who knows nothing but what the pages say. */
import assert from "node:assert/strict";
import { arrives, fill, press, says } from "../support/index.mjs";
import { actFor, applicant, file, line } from "./filing.mjs";

/** The line of a clinic of the demo whose application is in force. */
const TAKEN = "CAF0123456789";

/** What is filed: who, for whom, which procedure, with which answers, and what must become of it. */
export const FILINGS = [
  { who: "owner", kind: "eligibility", answers: line("CAF7000000001"), end: "accepted" },
  { who: "owner", kind: "claims", answers: {}, end: "accepted" },
  { who: "owner", kind: "certificate", answers: { terminal_name_1: "受付のパソコン" }, end: "accepted" },
  { who: "owner2", kind: "eligibility", answers: line("CAF7000000002"), end: "accepted" },
  { who: "owner2", kind: "certificate", answers: { terminal_name_1: "調剤室のパソコン" }, end: "accepted" },
  { who: "group", place: 0, kind: "eligibility", answers: line("CAF7000000003"), end: "accepted" },
  { who: "group", place: 0, kind: "claims", answers: {}, end: "accepted" },
  { who: "group", place: 1, kind: "eligibility", answers: line(TAKEN), end: "returned" },
  {
    who: "group",
    place: 2,
    kind: "eligibility",
    answers: { ...line("CAF7000000005"), papers: "ctc", line_reason: "前と同じだと思ったためです。" },
    end: "returned",
  },
  { who: "terminals", kind: "certificate", answers: { second_reason: "書類を整理していて、念のためです。" }, end: "rejected" },
];

/** How each end is called on the applicant's page: an accepted filing, an approved certificate, and the others. */
const ENDS = { accepted: /^(受付済み|承認済み)/, returned: /^補正依頼$/, rejected: /^却下$/ };

/** What a new reviewer reads in the guide of the desk: what a result of a check asks for. */
const ANSWERS = [
  { check: "お客様IDの重複", act: "return", field: "お客様ID" },
  { check: "回線と書類の名前", act: "return", field: "電気通信回線種別" },
  { check: "端末の重複", act: "reject", field: "却下の理由" },
];

/** Files all ten; the same people are met again when they look what became of it. */
export async function prepare(stage) {
  const { demo } = stage;
  const [people, cases] = [new Map(), []];
  for (const filing of FILINGS) {
    if (!people.has(filing.who)) people.set(filing.who, await applicant(stage, filing.who));
    const page = people.get(filing.who);
    if (filing.place !== undefined) await actFor(page, demo, institutions(demo, filing.who)[filing.place]);
    const known = filing.who === "terminals" ? { terminal_name_1: await oldTerminal(page, demo) } : {};
    cases.push({ ...filing, page, ...(await file(page, demo, filing.kind, { ...known, ...filing.answers })) });
  }
  return cases;
}

function institutions(demo, who) {
  return demo.account(who).institution.split("、").map((one) => one.replace(/^\d+ /, ""));
}

/** A terminal of the clinic whose certificate is good for long. */
async function oldTerminal(page, demo) {
  await page.goto(`${demo.portal}/terminals`);
  return page.getByRole("row").filter({ hasText: "利用中" }).first().getByRole("link").first().innerText();
}

/** What the checks of the page that is open say: the names of those that need a person. */
async function doubts(page) {
  const section = page.locator("section").filter({ has: page.getByRole("heading", { name: "自動の確認", exact: true }) });
  const said = (await section.innerText()).replace(/\s+/g, "");
  const found = ANSWERS.filter(({ check }) => new RegExp(`${check}：(要確認|不備)`).test(said));
  const good = said.includes("確認が必要なものはありません");
  assert.ok(good !== found.length > 0, `the checks say what to do: ${said}`);
  return found;
}

/** Decides the case that is open by its checks, and says what was done. */
async function decide(page, look) {
  const [doubt] = await doubts(page);
  if (!doubt) {
    await press(page, "承認する");
    await says(page, "承認しました");
    return "accepted";
  }
  const returns = doubt.act === "return";
  await press(page, returns ? "補正を依頼する…" : "却下する…");
  await look(page, `ten ${doubt.act} ${doubt.field}`);
  await fill(page, { [`${doubt.field}：よく使う文`]: await fitting(page, doubt) });
  await press(page, returns ? "この内容で補正を依頼する" : "この理由で却下する");
  await says(page, returns ? "補正を依頼しました" : "却下しました");
  return returns ? "returned" : "rejected";
}

/** The canned text that is about what the check is about. */
async function fitting(page, { check, field }) {
  const words = { お客様IDの重複: "別の医療機関等", 回線と書類の名前: "CTC", 端末の重複: "同じ端末" }[check];
  const choices = await page.getByLabel(`${field}：よく使う文`, { exact: true }).locator("option").allInnerTexts();
  const found = choices.find((choice) => choice.includes(words));
  assert.ok(found, `a canned text fits 「${check}」: ${choices}`);
  return found;
}

/** Opens each of the cases from its queue and decides it. */
export async function examine({ demo, look }, page, kinds, cases) {
  const done = new Map();
  for (const one of cases.filter(({ kind }) => kinds.includes(kind))) {
    await page.goto(`${demo.portal}/office/queue/${one.kind}`);
    await press(page, one.reference);
    await arrives(page, new RegExp(one.reference));
    await look(page, `ten case ${one.kind} ${one.end}`);
    done.set(one.reference, await decide(page, look));
  }
  return done;
}

/** Looks, as the person who filed a case, what became of it. */
export async function seenByApplicant({ demo }, { page, who, place, address, end, reference }) {
  if (place !== undefined) await actFor(page, demo, institutions(demo, who)[place]);
  await page.goto(address);
  assert.match(await page.locator("main .state").first().innerText(), ENDS[end], `${reference} of ${who}`);
}
