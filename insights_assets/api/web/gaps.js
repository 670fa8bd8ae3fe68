/** The days that a trend lacks, and the commands that fill them. */

import { el } from "./dom.js";
import { longDate } from "./words.js";

const NAMED = 3;

/** Say which days are missing, the newest first, and what fills them. */
export function gapNotes(gaps) {
  if (gaps.length === 0) return [];
  const named = gaps.slice(-NAMED).reverse();
  const rest = gaps.length - named.length;
  return [
    el(
      "ul",
      { class: "note" },
      ...named.map(({ from, to, days, command }) =>
        el(
          "li",
          {},
          `${days === 1 ? `${longDate(from)} is` : `${longDate(from)} to ${longDate(to)} are`} missing: `,
          el("code", {}, command),
          " fills that.",
        ),
      ),
      ...(rest > 0 ? [el("li", {}, `${rest} more gaps; insights gaps names them all.`)] : []),
    ),
  ];
}
