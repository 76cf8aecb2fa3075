/** Every tile of the catalogue and every entry of the menus leads to a working procedure, on both databases (manual 2-1). */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { journey, judge, logIn, startDemo } from "./support/index.mjs";

const run = promisify(execFile);

/** What the manual's catalogue and side menu show. */
const OF_THE_MANUAL = [
  "利用開始・変更申請", "電子証明書発行申請", "マスターアカウント情報ダウンロード", "運用開始日登録", "補助金申請", "交付決定通知書ダウンロード",
];
const BUSINESSES = ["オンライン資格確認", "訪問診療等・オンライン診療等", "医療扶助", "電子処方箋管理サービス", "オンライン請求"];

/** A demo in a new database of the server that the tests have. */
async function onPostgres() {
  const server = new URL(process.env.TEST_POSTGRES);
  const name = `tiles_${randomBytes(6).toString("hex")}`;
  await run("psql", [server.href, "--quiet", "--command", `CREATE DATABASE ${name}`]);
  const own = Object.assign(new URL(server), { pathname: `/${name}` });
  const demo = await startDemo({ extra: ["--database", own.href] });
  const stop = async () => {
    await demo.stop();
    await run("psql", [server.href, "--quiet", "--command", `DROP DATABASE ${name} WITH (FORCE)`]);
  };
  return { ...demo, stop };
}

/** Titles and addresses of the links of a place on the page. */
async function links(page, selector) {
  const read = (all) => all.map((link) => ({ title: link.innerText.trim(), href: link.href }));
  return page.locator(selector).evaluateAll(read);
}

/** Follows a tile to where its procedure begins, is under way or is done. */
async function follow(page, { title, href }) {
  const answer = await page.goto(href);
  assert.ok(answer.status() < 400, `${title}: ${href} answers ${answer.status()}`);
  if (!new URL(href).pathname.startsWith("/articles/")) return;
  await page.locator("main a.button-first").first().click();
  await page.waitForURL(/\/procedures\//);
  const ways = await page.locator("main .button-first, main .button-second").count();
  assert.ok(ways > 0, `${title}: ${page.url()} leads nowhere`);
}

async function story(stage) {
  const { demo, person, step } = stage;
  const look = judge(stage);
  const page = await person("clinic");
  await logIn(page, demo, demo.account("terminals"));
  const seen = [];
  await step("どのタイルからも、手続に進める", async () => {
    await page.goto(`${demo.portal}/procedures`);
    const businesses = await links(page, "main .side-menu a");
    for (const one of BUSINESSES) assert.ok(businesses.some(({ title }) => title === one), `${one} is in the menu`);
    for (const business of businesses) {
      await page.goto(business.href);
      await look(page, business.title);
      const tiles = await links(page, "main .tile-title a");
      assert.ok(tiles.length > 0, `${business.title} has tiles`);
      for (const tile of tiles) {
        await follow(page, tile);
        seen.push(tile.title);
      }
    }
    for (const one of OF_THE_MANUAL) assert.ok(seen.includes(one), `${one} is among ${seen}`);
  });
  await step("どのメニューからも、ページが開く", async () => {
    await page.goto(`${demo.portal}/sitemap`);
    for (const { title, href } of await links(page, "main a")) {
      const answer = await page.request.get(href);
      assert.ok(answer.status() < 400, `${title}: ${href} answers ${answer.status()}`);
    }
  });
}

const scripts = { tellings: [true] };
journey("タイルとメニューをひととおり開く", story, scripts);
if (process.env.TEST_POSTGRES) journey("タイルとメニューをひととおり開く（PostgreSQL）", story, { ...scripts, start: onPostgres });
