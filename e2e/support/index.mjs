/** Everything a journey needs, from one place. */
export { startDemo, freePorts } from "./demo.mjs";
export { holding, launch } from "./browser.mjs";
export { axe, choose, field, fill, press, shot } from "./page.mjs";
export { journey } from "./journey.mjs";
export { output, repository } from "./places.mjs";
export { dayInJapan, dayInWords, endOfDayMonthsLater, monthInWords, monthsToStart } from "./dates.mjs";
export {
  closedPage, makeRequest, ocspStatus, openPkcs12, openssl, pdfText, readCertificate, revokedSerials, verifyChain,
} from "./openssl.mjs";
export { arrives, facts, fromMailbox, judge, logIn, logOut, open, refused, says } from "./site.mjs";
