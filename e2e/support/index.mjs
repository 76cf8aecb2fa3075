/** Everything a journey needs, from one place. */
export { startDemo, freePorts } from "./demo.mjs";
export { holding, launch } from "./browser.mjs";
export { axe, choose, field, fill, press, shot } from "./page.mjs";
export { journey } from "./journey.mjs";
export { output, repository } from "./places.mjs";
