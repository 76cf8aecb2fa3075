/** Text that tries to run, to break out, to fill up or to confuse. */
import assert from "node:assert/strict";

/** What is typed into every free field; each is stored as text or refused in words. */
export const hostile = {
  script: "<script>window.ran = 1</script>",
  attribute: `"'><img src=x onerror="window.ran = 1">`,
  template: `{{7*7}}\${7*7}<%= 7*7 %>#import "x"`,
  terminal: `受付"'<b lang=x>1</b>&amp;=1+1`,
  emoji: "受付😀👩‍⚕️𠮷野",
  direction: "abc\u202edcba\u202c\u2066x\u2069",
  nul: "a\0b",
  long: "あ".repeat(10_000),
};

/** Fails when any of it ran, or stands on the page as an element. */
export async function nothingRan(page) {
  assert.equal(await page.locator("img[src='x'], [onerror], b[lang='x']").count(), 0, `an element on ${page.url()}`);
  assert.equal(await page.locator("script:not([src])").count(), 0, `a script in ${page.url()}`);
}
