/** The bands of a score: their limits, their words and their colours. */

import { el } from "./dom.js";
import { capital } from "./words.js";

const KNOWN = ["low", "normal", "elevated", "high"];

/** The four bands in order, each with where it begins and ends. */
export function bandsOf({ normal, elevated, high }) {
  return [
    { status: "low", from: 0, to: normal },
    { status: "normal", from: normal, to: elevated },
    { status: "elevated", from: elevated, to: high },
    { status: "high", from: high, to: 100 },
  ];
}

/** The name that style.css has for a status; one it does not know has no colour. */
export const styleName = (status) => (KNOWN.includes(status) ? status : "unknown");

/** A status as a coloured word. */
export const chip = (status) =>
  el("span", { class: "chip", "data-status": styleName(status) }, capital(status));
