/** Clinics that file: by the portal's own forms, but without a screen, so that the office soon has something to examine. */
import assert from "node:assert/strict";
import { dayInJapan, logIn, monthsToStart } from "../support/index.mjs";

/** Someone of a clinic, logged in. */
export async function applicant({ person, demo }, role) {
  const page = await person(role);
  await logIn(page, demo, demo.account(role));
  await page.waitForURL((address) => address.pathname !== "/login");
  return page;
}

/** Chooses for which of their institutions a person acts, by its name. */
export async function actFor(page, demo, name) {
  const overview = await read(page, `${demo.portal}/institutions/overview`);
  const [, institution] = overview.match(new RegExp(`name="institution" value="([^"]+)">[^<]*<span[^>]*>：${name}<`)) ?? [];
  assert.ok(institution, `${name} is on the overview`);
  const { csrf } = hidden(overview, "/account/switch");
  await send(page, `${demo.portal}/account/switch`, { csrf, institution });
}

/**
 * Files an application and gives its reference number and the address of its page.
 * @param {"eligibility" | "claims" | "certificate"} kind
 * @param {Record<string, string>} different answers other than the usual ones
 * @returns {Promise<{reference: string, address: string}>}
 */
export async function file(page, demo, kind, different) {
  const start = `/procedures/${kind}`;
  const begun = await send(page, demo.portal + start, hidden(await read(page, demo.portal + start), start));
  const form = new URL(begun.url()).pathname;
  const asked = await begun.text();
  const typed = { ...usual[kind](asked), ...different };
  const checked = await send(page, demo.portal + form, { ...hidden(asked, form), ...typed });
  const check = new URL(checked.url()).pathname;
  assert.match(check, /\/check$/, `${kind} ${JSON.stringify(typed)} has a fault: ${slips(await checked.text())}`);
  const last = check.replace("/check", "/submit");
  const done = await send(page, demo.portal + last, hidden(await checked.text(), last));
  const [, reference] = (await done.text()).match(/data-copy="([^"]+)"/) ?? [];
  assert.ok(reference, `${kind} has a reference number`);
  return { reference, address: demo.portal + check.replace("/check", "") };
}

/** What a clinic without doubts answers; versions of documents stand in the form. */
const usual = {
  eligibility: (form) => ({
    application_kind: "start",
    terms: versionOf(form, "terms"),
    papers: "ntt_east",
    line_kind: "ip_vpn",
    customer_id_kind: "caf",
    v6_option: "contracted",
    start_month: monthLater(2),
    fee_payment: "deduction",
  }),
  claims: (form) => ({
    application_kind: "start",
    paper_filed: "no",
    terms: versionOf(form, "terms"),
    safety_rules: versionOf(form, "safety_rules"),
    start_month: monthLater(monthsToStart(dayInJapan())),
    product: "opt_one3",
    os_browser: "win11_iot_ltsc_2024_edge",
    papers: "ntt_east",
    connection: "ip_vpn_ipv6",
    customer_id_kind: "same",
    fee_payment: "deduction",
  }),
  certificate: () => ({
    consent: "agree",
    contact: "事務部 窓口 太郎",
    terminal_count: "1",
    terminal_os_1: "windows_11",
    purpose_1: "both",
  }),
};

/** The same ID in both fields. */
export function line(id) {
  return { customer_id: id, customer_id_confirm: id };
}

function monthLater(months) {
  const { year, month } = dayInJapan();
  const count = year * 12 + month - 1 + months;
  return `${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, "0")}`;
}

function versionOf(form, name) {
  return form.match(new RegExp(`name="${name}"[^>]* value="([^"]+)"`))?.[1];
}

/** Hidden fields of the form that leads to this address. */
function hidden(html, action) {
  const form = html.split("<form ").find((part) => part.startsWith(`action="${action}"`));
  assert.ok(form, `a form leads to ${action}`);
  const inputs = form.split("</form>")[0].matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g);
  return Object.fromEntries([...inputs].map(([, name, value]) => [name, value]));
}

function slips(html) {
  return html.match(/data-error-summary[\s\S]*?<\/ul>/)?.[0].replace(/<[^>]+>|\s+/g, " ") ?? html.length;
}

async function read(page, address) {
  return (await answered(page.request.get(address), address)).text();
}

function send(page, address, form) {
  return answered(page.request.post(address, { form }), address);
}

async function answered(request, address) {
  const answer = await request;
  assert.ok(answer.ok() || answer.status() === 422, `${address} answers ${answer.status()}`);
  return answer;
}
