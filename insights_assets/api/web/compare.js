/** Two days side by side, the earlier one first. */

import { el } from "./dom.js";
import { chip } from "./status.js";
import { longDate, percentText, scoreText, signedText, valueText } from "./words.js";

/** A table of both snapshots: composite, coverage and each metric, and what it moved by. */
export function comparison(category, one, other) {
  const [before, after] = [one, other].sort((a, b) => a.date.localeCompare(b.date));
  const titles = [longDate(before.date), longDate(after.date), "Change"];
  return el(
    "table",
    {},
    el("caption", {}, `${category.title} on two days`),
    el(
      "thead",
      {},
      el("tr", {}, el("td", {}), ...titles.map((title) => el("th", { scope: "col" }, title))),
    ),
    el(
      "tbody",
      {},
      row("Composite", before.composite, after.composite),
      el(
        "tr",
        {},
        el("th", { scope: "row" }, "Coverage"),
        el("td", {}, percentText(before.coverage)),
        el("td", {}, percentText(after.coverage)),
        el("td", {}),
      ),
      ...category.metrics.map(({ id, title }) => row(title, metricOf(before, id), metricOf(after, id))),
    ),
  );
}

const metricOf = (snapshot, id) => snapshot.metrics.find((metric) => metric.id === id) ?? null;

function row(title, before, after) {
  const change = before && after ? signedText(after.score - before.score) : "–";
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, title),
    el("td", {}, reading(before)),
    el("td", {}, reading(after)),
    el("td", {}, change),
  );
}

function reading(found) {
  if (!found) return "unavailable";
  const value = typeof found.value !== "number" ? "" : el("small", {}, ` ${valueText(found.value)} ${found.unit ?? ""}`);
  return el("span", {}, scoreText(found.score), " ", chip(found.status), value);
}
