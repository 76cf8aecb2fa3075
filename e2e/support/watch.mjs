/** Notes what no journey may meet: script errors, refused resources, server errors, requests to other machines. */
const LOOPBACK = new Set(["localhost", "127.0.0.1"]);

/** An answer such as 422 to a wrong form is part of a journey; the browser logs it as an error all the same. */
const ANSWERED_4XX = /^Failed to load resource: the server responded with a status of 4\d\d/;

/**
 * Watches every page of a context.
 * @param {import("playwright-core").BrowserContext} context
 * @returns {string[]} grows as complaints arise
 */
export function watchContext(context) {
  const complaints = [];
  context.on("weberror", (event) => complaints.push(`script error: ${event.error().message}`));
  context.on("console", (message) => {
    if (message.type() === "error" && !ANSWERED_4XX.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith("http") && !LOOPBACK.has(hostname)) complaints.push(`request to ${request.url()}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} from ${response.url()}`);
  });
  return complaints;
}
