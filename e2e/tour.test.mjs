/** A walk over every page that links lead to, for visitors, applicants and each role of the staff. */
import assert from "node:assert/strict";
import { journey, judge, logIn } from "./support/index.mjs";
import { validate } from "./support/validator.mjs";

const STAFF = ["reviewer", "ra_officer", "dispatch_clerk", "billing_clerk", "editor", "call_centre_agent", "ca_officer", "auditor"];
const PEOPLE = ["visitor", "owner", "terminals", "group", ...STAFF, "administrator"];

const TITLE = "すべてのページを見て回る";

/** Pages of one kind have the same template: one of them is looked at. */
function kindOf({ pathname }) {
  const plain = pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id").replace(/\/[\w-]{40,}/g, "/token");
  return plain.replace(/^\/(articles|notices|documents)\/(?!applications).+/, "/$1/one");
}

/** Follows the links from a person's home to every kind of page that nobody has seen yet. */
async function walk(page, start, seen, look, who, sources) {
  const waiting = [start];
  for (let place = 0; place < waiting.length; place += 1) {
    const address = waiting[place];
    const kind = kindOf(new URL(address));
    if (place > 0 && seen.has(kind)) continue;
    const source = await opens(page, address, kind);
    if (!source) continue;
    const there = kindOf(new URL(page.url()));
    const known = seen.has(there);
    seen.add(kind).add(there);
    if (!known) {
      const title = `${who} ${there.replaceAll("/", " ")}`;
      sources.set(title, source);
      await look(page, title);
    }
    const links = await page.locator("a[href]").evaluateAll((all) => all.map((link) => link.href.split("#")[0]));
    waiting.push(...links.filter((link) => link.startsWith(new URL(start).origin)));
  }
}

/** Opens a page and gives its source; files are not opened. */
async function opens(page, address, kind) {
  if (/\.(pdf|csv|cer|pem|crl|docx|p7b|ics|xml|atom)$/.test(kind)) return undefined;
  const answer = await page.goto(address);
  assert.ok(answer.status() < 400, `${address} answers ${answer.status()}`);
  return (answer.headers()["content-type"] ?? "").startsWith("text/html") ? answer.text() : undefined;
}

const tour = async (stage) => {
  const { demo, person, step } = stage;
  const [look, seen, sources] = [judge(stage), new Set(), new Map()];
  for (const who of PEOPLE) {
    await step(`${who}に見えるページ`, async () => {
      const page = await person(who);
      if (who !== "visitor") await logIn(page, demo, demo.account(who));
      if (who !== "visitor") await page.waitForURL((address) => address.pathname !== "/login");
      await walk(page, who === "visitor" ? demo.portal : page.url(), seen, look, who, sources);
    });
  }
  assert.ok(seen.size > 50, `only ${seen.size} kinds of pages were seen`);
  await step("HTMLに誤りがない", async () => {
    const found = await validate(TITLE, sources);
    assert.equal(found.length, 0, `the HTML checker found ${found.length} faults\n${found.join("\n")}`);
  });
};

journey(TITLE, tour, { tellings: [true] });
