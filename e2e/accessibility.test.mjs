/** What axe on every page does not see: the keyboard alone, paper, forced colours, less motion, great zoom, Lighthouse, speed. */
import assert from "node:assert/strict";
import { arrives, axe, journey, logIn, press, says, shot } from "./support/index.mjs";
import { inForcedColours } from "./support/colours.mjs";
import { enter, keysIn, typeIn } from "./support/keyboard.mjs";
import { lightUp } from "./support/lighthouse.mjs";

const TITLE = "だれもが使える";
/** A screen of 1280 x 1024 at 400 % (WCAG 1.4.10). */
const ZOOMED = { width: 320, height: 256 };
const DESKTOP = { width: 1280, height: 720 };
const LARGEST_PAINT_MS = 1_000;

/** Fills the eligibility application without a mouse, up to the check page. */
async function byKeyboard(page, demo) {
  const keys = (name, ...pressed) => keysIn(page, name, ...pressed);
  await page.goto(`${demo.portal}/procedures/eligibility`);
  await enter(page, "入力をはじめる");
  await arrives(page, "オンライン資格確認 利用開始・変更申請");
  const form = page.url();
  await keys("terms", "Space");
  await keys("line_kind", "Space");
  await keys("customer_id_kind", "ArrowDown");
  for (const name of ["customer_id", "customer_id_confirm"]) await typeIn(page, name, "CAF0123456789");
  await keys("v6_option", "Space");
  await keys("start_month", "ArrowDown");
  await keys("fee_payment", "Space");
  await enter(page, "確認画面へ進む");
  await arrives(page, "入力内容の確認");
  return { form, check: page.url() };
}

/** On paper stands what will be sent, and nothing that only a screen can use. */
async function onPaper(page, check) {
  await page.goto(check);
  await page.emulateMedia({ media: "print" });
  for (const useless of [".site-nav", ".site-search", ".button", ".breadcrumb", ".summary-change"]) {
    assert.equal(await page.locator(useless).filter({ visible: true }).count(), 0, `${useless} is printed`);
  }
  await says(page, "入力内容の確認", "CAF 0123 4567 89", "送信の前に");
  assert.ok((await page.pdf({ format: "A4" })).length > 10_000, "the printer gets something");
  await shot(page, `${TITLE}/paper`);
  await page.emulateMedia({ media: null });
}

async function forcedColours(page, address) {
  await inForcedColours(page, async () => {
    await page.goto(address);
    await axe(page);
    await shot(page, `${TITLE}/forced ${new URL(address).pathname}`);
  });
}

async function zoomed(page, address) {
  await page.setViewportSize(ZOOMED);
  await page.goto(address);
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(wide <= ZOOMED.width, `${address} is ${wide} px wide at 400 %`);
  const covered = await page.evaluate(() =>
    [...document.querySelectorAll("body *")].filter((one) => ["fixed", "sticky"].includes(getComputedStyle(one).position)).map((one) => one.className),
  );
  assert.deepEqual(covered, [], `stays over the text of ${address} at 400 %`);
  await page.setViewportSize(DESKTOP);
}

/** When the largest thing of a page is painted, in ms after the request; the best of three, for a busy machine. */
async function largestPaint(page, address) {
  const times = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await page.goto(address);
    times.push(
      await page.evaluate(
        () =>
          new Promise((done) => {
            const watcher = new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime));
            watcher.observe({ type: "largest-contentful-paint", buffered: true });
          }),
      ),
    );
  }
  return Math.min(...times);
}

const story = async ({ demo, person, step }) => {
  const page = await person("owner");
  await page.setViewportSize(DESKTOP);
  await logIn(page, demo, demo.account("owner"));
  await page.waitForURL((address) => address.pathname !== "/login");
  const kept = {};

  await step("キーボードだけで、申請を最後まで入力できる", async () => Object.assign(kept, await byKeyboard(page, demo)));
  await step("印刷すると、送信する内容だけが紙に出る", () => onPaper(page, kept.check));

  await step("訪問日から逆算すると、過ぎた期限が言葉でもわかる", async () => {
    await page.goto(`${demo.portal}/planner`);
    await page.locator("#f-visit").fill(await page.evaluate(() => new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10)));
    await press(page, "期限を計算する");
    await says(page, "訪問に間に合わない手続", "期限が過ぎました", "以降の訪問なら、すべて間に合います");
    await axe(page);
    await shot(page, `${TITLE}/planner`);
    kept.planner = page.url();
  });

  const visitor = await person("visitor");
  const places = [demo.portal, `${demo.portal}/procedures`, kept.form, kept.check, kept.planner];
  await step("ハイコントラストと、動きを減らす設定でも使える", async () => {
    await forcedColours(visitor, demo.portal);
    for (const place of places) await forcedColours(page, place);
  });
  await step("400%に拡大しても、横に動かさずに読める", async () => {
    await zoomed(visitor, demo.portal);
    for (const place of places) await zoomed(page, place);
  });
  await step("最初のページは1秒以内に見える", async () => {
    const time = await largestPaint(visitor, demo.portal);
    assert.ok(time < LARGEST_PAINT_MS, `the first page is painted after ${Math.round(time)} ms`);
  });

  await step("Lighthouseのアクセシビリティは100点", async () => {
    const judged = await lightUp(async (own) => {
      await logIn(own, demo, demo.account("owner"));
      await own.waitForURL((address) => address.pathname !== "/login");
      const asVisitor = demo.portal.replace("127.0.0.1", "localhost");
      assert.notEqual(asVisitor, demo.portal, "cookies of one name of the machine are not sent to the other");
      return [asVisitor, demo.portal, kept.form, kept.check];
    });
    for (const { address, landed, scores, faults } of judged) {
      assert.equal(new URL(landed).pathname, new URL(address).pathname, "the person is still logged in");
      assert.equal(scores.accessibility, 100, `${address}\n${faults.join("\n")}`);
      assert.ok(scores["best-practices"] >= 95, `${address} ${scores["best-practices"]}\n${faults.join("\n")}`);
    }
  });
};

journey(TITLE, story, { tellings: [true] });
