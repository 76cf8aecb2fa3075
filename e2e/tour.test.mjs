/** A walk over every page that links lead to, for visitors, applicants and each role of the staff. */
import assert from "node:assert/strict";
import { inForcedColours } from "./support/colours.mjs";
import { journey, judge, logIn } from "./support/index.mjs";
import { forms } from "./tour/forms.mjs";
import { validate } from "./support/validator.mjs";

const STAFF = ["reviewer", "ra_officer", "dispatch_clerk", "billing_clerk", "editor", "call_centre_agent", "ca_officer", "auditor"];
const PEOPLE = ["visitor", "owner", "terminals", "group", ...STAFF, "administrator"];

const TITLE = "すべてのページを見て回る";

/** Pages of one kind have the same template: one of them is looked at. */
function kindOf({ pathname }) {
  const numbered = pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id").replace(/\/[\w-]{40,}/g, "/token");
  const dated = numbered.replace(/\/closings\/\d{4}-\d\d/, "/closings/month").replace(/\/bills\/\d+/, "/bills/number");
  const plain = dated.replace(/\/settings\/(mail|document)\.[^/]+/, "/settings/$1.one");
  const written = plain.replace(/\/articles\/KB\d+/, "/articles/number").replace(/\/versions\/\d+$/, "/versions/one");
  return written.replace(/^\/(articles|notices|documents)\/(?!applications|subscription).+/, "/$1/one");
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
  if (/\.(pdf|csv|png|jpg|xlsx|txt|cer|pem|crl|docx|p7b|ics|xml|atom|zip)$|\/files\/id$/.test(kind)) return undefined;
  const answer = await page.goto(address);
  assert.ok(answer.status() < 400, `${address} answers ${answer.status()}`);
  return (answer.headers()["content-type"] ?? "").startsWith("text/html") ? answer.text() : undefined;
}

/** Looks at a page as every journey does, and in forced colours; it has a title and says whose it is. */
function wholly(stage) {
  const look = judge(stage);
  return async (page, name) => {
    assert.match(await page.title(), /^.+｜医療機関等 手続き窓口$|^医療機関等 手続き窓口$/, `${page.url()} has a title`);
    await look(page, name);
    await inForcedColours(page);
  };
}

const tour = async (stage) => {
  const { demo, person, step } = stage;
  const [look, seen, sources, pages] = [wholly(stage), new Set(), new Map(), new Map()];
  for (const who of PEOPLE) {
    await step(`${who}に見えるページ`, async () => {
      const page = await person(who);
      pages.set(who, page);
      if (who !== "visitor") await logIn(page, demo, demo.account(who));
      if (who !== "visitor") await page.waitForURL((address) => address.pathname !== "/login");
      await walk(page, who === "visitor" ? demo.portal : page.url(), seen, look, who, sources);
    });
  }
  for (const [who, act] of Object.entries(forms)) {
    await step(`${who}の書く画面`, () => act(pages.get(who), demo, (page, name) => look(page, `${who} ${name}`), pages));
  }
  assert.ok(seen.size > 100, `only ${seen.size} kinds of pages were seen`);
  await step("HTMLに誤りがない", async () => {
    const found = await validate(TITLE, sources);
    assert.equal(found.length, 0, `the HTML checker found ${found.length} faults\n${found.join("\n")}`);
  });
};

journey(TITLE, tour, { tellings: [true] });
