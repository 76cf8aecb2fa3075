/** The harness proves that it can fail: planted faults must be found, and only those. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { holding, launch } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { authority, page as document, playedDemo, serve, temporaryFolder } from "./fixtures.mjs";
import { lightUp } from "./lighthouse.mjs";
import { axe, choose, fill, markScriptless, press, shot } from "./page.mjs";
import { validate } from "./validator.mjs";
import { watchContext } from "./watch.mjs";

const GOOD = `<form><label for="m">メールアドレス <b>必須</b></label> <input id="m" name="m">
  <label for="m2">確認用メールアドレス</label> <input id="m2" name="m2">
  <label for="k">回線</label> <select id="k" name="k"><option>未定</option><option value="2">光回線</option></select>
  <fieldset><legend>申請区分 <b>必須</b></legend><label><input type="radio" name="d" value="s"> 開始</label>
  <label><input type="radio" name="d" value="c"> 変更</label></fieldset>
  <label><input type="checkbox" name="a"> 同意する</label> <button>確認する</button></form>
  <p id="script">off</p>`;
const SWITCH = `<script>document.getElementById("script").textContent = "on";</script>`;
const BAD = `<input name="nameless">`;

async function opened(t, javaScript, body) {
  const browser = await launch();
  t.after(() => browser.close());
  const context = await browser.newContext({ javaScriptEnabled: javaScript });
  context.setDefaultTimeout(2_000);
  if (!javaScript) context.on("page", markScriptless);
  const address = await serve(t, () => ({ html: document(body + SWITCH) }));
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

for (const javaScript of [true, false]) {
  const how = javaScript ? "with JavaScript" : "without JavaScript";
  const state = javaScript ? "on" : "off";

  test(`axe passes a good page and names a planted violation ${how}`, async (t) => {
    const page = await opened(t, javaScript, GOOD);
    assert.equal(await page.textContent("#script"), state);
    await axe(page);
    await page.goto(await serve(t, () => ({ html: document(BAD + GOOD + SWITCH) })));
    await assert.rejects(axe(page), /1 accessibility violations[\s\S]*label \(critical\) at input\[name="nameless"\]/);
    await page.reload();
    assert.equal(await page.textContent("#script"), state, "axe leaves scripts as they were");
  });

  test(`inputs are found by their labels and sent ${how}`, async (t) => {
    const page = await opened(t, javaScript, GOOD);
    await fill(page, { メールアドレス: "a@example.jp", 確認用メールアドレス: "b@example.jp", 回線: "光回線", 同意する: true });
    await choose(page, "申請区分", "変更");
    await axe(page);
    await press(page, "確認する");
    const sent = Object.fromEntries(new URL(page.url()).searchParams);
    assert.deepEqual(sent, { m: "a@example.jp", m2: "b@example.jp", k: "2", d: "c", a: "on" });
    await assert.rejects(fill(page, { メール: "x" }), /Timeout/, "a part of a label is not the label");
  });
}

test("a page is judged before it is left, once for each shape", async (t) => {
  const page = await opened(t, true, GOOD);
  await press(page, "確認する");
  await page.goto(await serve(t, () => ({ html: document(BAD + GOOD) })));
  await assert.rejects(press(page, "確認する"), /label \(critical\) at input\[name="nameless"\]/);
});

test("the HTML checker passes a good page and names a planted fault", async () => {
  const bad = document("<p><div>段落の中の箱</div></p>");
  const found = await validate("harness", new Map([["good", document(GOOD)], ["bad", bad]]));
  assert.ok(found.length > 0 && found.every((fault) => fault.includes("in bad, line 1")), found.join("\n"));
});

test("Lighthouse gives a good page 100 and a page with a nameless input less", async (t) => {
  const good = await serve(t, () => ({ html: document(GOOD, `<meta name="viewport" content="width=device-width">`) }));
  const bad = await serve(t, () => ({ html: document(BAD) }));
  const [one, two] = await lightUp(async () => [good, bad]);
  assert.equal(one.scores.accessibility, 100, one.faults.join("\n"));
  assert.ok(two.scores.accessibility < 100 && two.faults.some((fault) => fault.startsWith("label:")), two.faults.join("\n"));
});

test("a picture is taken at both widths and the window keeps its size", async (t) => {
  const page = await opened(t, true, GOOD);
  const before = page.viewportSize();
  const files = await shot(page, "harness/見本 1");
  assert.deepEqual(files.map((file) => statSync(file).size > 1_000), [true, true]);
  assert.deepEqual(page.viewportSize(), before);
});

test("the closed network is trusted by its authority alone and sees the terminal's certificate", async (t) => {
  const made = await authority(await temporaryFolder(t));
  const answer = (request) => ({ html: document(`<p id="who">${request.socket.getPeerCertificate().subject?.CN ?? "nobody"}</p>`) });
  const address = await serve(t, answer, made.tls);
  const stranger = await launch();
  t.after(() => stranger.close());
  await assert.rejects((await stranger.newPage()).goto(address), /ERR_CERT_AUTHORITY_INVALID/);

  const browser = await launch({ trust: [made.root] });
  t.after(() => browser.close());
  const visitor = await browser.newPage();
  await visitor.goto(address);
  assert.equal(await visitor.textContent("#who"), "nobody");
  await assert.rejects(visitor.goto(address.replace("localhost", "127.0.0.1")), /ERR_CERT_COMMON_NAME_INVALID/);

  const terminal = await browser.newPage(holding(address, made.p12, "secret"));
  await terminal.goto(address);
  assert.equal(await terminal.textContent("#who"), "client");
});

test("script errors, refused scripts, server errors and foreign requests are noted, a refused form is not", async (t) => {
  const answers = {
    "/422": { status: 422, html: document("誤り") },
    "/500": { status: 500, html: document("障害") },
    "/throws": { html: document("<script>throw new Error('boom')</script>") },
    "/policy": { html: document(SWITCH), headers: { "content-security-policy": "script-src 'self'" } },
    "/foreign": { html: document(`<img alt="" src="http://tracker.example/x.png">`) },
  };
  const address = await serve(t, ({ url }) => answers[url] ?? { html: document("") });
  const browser = await launch();
  t.after(() => browser.close());
  const context = await browser.newContext();
  const complaints = watchContext(context);
  const page = await context.newPage();
  const complaintsAt = async (place) => {
    complaints.length = 0;
    await page.goto(new URL(place, address).href);
    return complaints.join("\n");
  };
  assert.equal(await complaintsAt("/422"), "");
  assert.match(await complaintsAt("/500"), /^500 from/m);
  assert.match(await complaintsAt("/throws"), /script error: boom/);
  assert.match(await complaintsAt("/policy"), /Content Security Policy/);
  assert.match(await complaintsAt("/foreign"), /request to http:\/\/tracker\.example/);
});

test("a demo is started on free ports, waited for, and stopped with its data", async (t) => {
  const command = await playedDemo(await temporaryFolder(t));
  const [one, two] = await Promise.all([startDemo({ command }), startDemo({ command })]);
  assert.notEqual(one.portal, two.portal);
  assert.equal((await fetch(one.portal)).status, 200);
  assert.equal(one.account("reviewer").email, "shinsa@example.jp");
  assert.throws(() => one.account("auditor"), /no account of role auditor, only reviewer/);
  await Promise.all([one.stop(), two.stop()]);
  await assert.rejects(fetch(one.portal), /fetch failed/);
  assert.equal(existsSync(one.data), false);
});

test("a demo that ends at once is reported with its own words", async (t) => {
  const command = await playedDemo(await temporaryFolder(t));
  await assert.rejects(startDemo({ command, extra: ["--broken"] }), /ended with code 3\n.*no such table/);
});

test("a journey is told with and without JavaScript and fails at its first failed step, with evidence", async (t) => {
  const folder = await temporaryFolder(t);
  const told = await tellStories(folder, await playedDemo(folder));
  assert.notEqual(told.code, 0);
  assert.match(told.out, /^ok \d+ - calm$/m);
  assert.match(told.out, /^ok \d+ - calm \(without JavaScript\)$/m);
  assert.match(told.out, /^not ok \d+ - broken$/m);
  assert.match(told.out, /the journey ended at "first": wrong heading/);
  assert.doesNotMatch(told.out, /second step was reached/);
  assert.match(told.out, /^not ok \d+ - hurt$/m);
  assert.match(told.out, /clinic's browser complained/);
  const evidence = readdirSync(path.join(folder, "broken")).sort();
  assert.deepEqual(evidence, ["failed-clinic.html", "failed-clinic.png", "failed-clinic.txt", "server.log"]);
});

/** Runs three stories in a test process of their own: one good, one with a wrong step, one that meets a server error. */
async function tellStories(folder, command) {
  const file = path.join(folder, "stories.test.mjs");
  const support = new URL("./index.mjs", import.meta.url).href;
  await writeFile(
    file,
    `import { journey, startDemo } from ${JSON.stringify(support)};
    const start = () => startDemo({ command: ${JSON.stringify(command)} });
    const visit = async ({ demo, person }, place) => (await person("clinic")).goto(demo.portal + place);
    journey("calm", async (stage) => stage.step("visit", () => visit(stage, "/")), { start });
    journey("broken", async (stage) => {
      await stage.step("first", async () => { await visit(stage, "/"); throw new Error("wrong heading"); });
      console.log("second step was reached");
    }, { start });
    journey("hurt", (stage) => visit(stage, "/500"), { start });`,
  );
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  const options = { env: { ...rest, E2E_OUTPUT: folder } };
  return new Promise((done) => {
    const words = ["--test", "--test-reporter=tap", file];
    execFile(process.execPath, words, options, (error, out, err) => done({ code: error?.code ?? 0, out: out + err }));
  });
}
