/** Where the manual lies. */
import path from "node:path";
import { output as pictures, repository } from "../../support/index.mjs";

/** The folder that is committed. */
export const manual = path.join(repository, "docs", "user", "manual");

/** Name of the committed record inside it. */
export const RECORD = "steps.json";

/** For the evidence of a run that failed. */
export const evidence = path.join(pictures, "manual");

/** The day and time at which the demo of the manual stands still, in Japan. */
export const STANDS_AT = "2027-01-12T10:00";

/** The closed network's name on pages, on the letter and in its QR code. */
export const CLOSED_HOST = "closed.madoguchi.example";
