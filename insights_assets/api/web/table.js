/** The trend in words and numbers, for those who read better than they look. */

import { el } from "./dom.js";
import { chip } from "./status.js";
import { longDate, percentText, scoreText, shortDate } from "./words.js";

/** A table of `columns`, newest day first; days in a row without a snapshot share a line. */
export function trendTable(columns) {
  const { days, rows, lines } = columns;
  const head = ["Date", "Coverage", ...lines.map((line) => line.title)];
  const body = [];
  for (let n = days.length - 1; n >= 0; n -= 1) {
    if (rows[n]) body.push(dayRow(n, columns));
    else {
      const last = n;
      while (n > 0 && !rows[n - 1]) n -= 1;
      body.push(gapRow(days[n], days[last], head.length));
    }
  }
  return el(
    "table",
    {},
    el("caption", { class: "unseen" }, "Scores of each day, newest first"),
    el("thead", {}, el("tr", {}, ...head.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, ...body),
  );
}

function dayRow(n, { days, rows, lines }) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, longDate(days[n])),
    el("td", {}, percentText(rows[n].coverage)),
    ...lines.map(({ readings }) => {
      const reading = readings[n];
      if (reading === null) return el("td", { class: "none" }, "none");
      return el("td", {}, scoreText(reading.score), " ", reading.status ? chip(reading.status) : null);
    }),
  );
}

function gapRow(first, last, width) {
  const when = first === last ? longDate(first) : `${shortDate(first)} to ${longDate(last)}`;
  return el(
    "tr",
    { class: "gap" },
    el("th", { scope: "row" }, when),
    el("td", { colspan: width - 1 }, "no snapshot"),
  );
}
