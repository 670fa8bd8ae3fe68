/** One card for each metric of the category: its reading, or why there is none. */

import { el, unseen } from "./dom.js";
import { moveText } from "./facts.js";
import { moveSince, scoresOf } from "./series.js";
import { sparkline } from "./sparkline.js";
import { chip, styleName } from "./status.js";
import { capital, percentText, scoreText, valueText } from "./words.js";

const QUALITIES = {
  fresh: "Fresh data",
  stale: "Stale: the fetch failed, so an earlier dataset was used",
  unavailable: "Unavailable: left out of the composite",
};

/** Fill `host` in the category's order; explanations that were open stay open. */
export function showCards(host, category, snapshot, month, columns) {
  const open = new Set([...host.querySelectorAll("details[open]")].map((each) => each.id));
  const focused = document.activeElement?.parentElement?.id;
  const made = inOrder(category, snapshot).map((metric) => {
    if ("reason" in metric) return missingCard(metric);
    const line = columns?.lines.find((each) => each.id === metric.id);
    const move = moveSince(month, snapshot.date, metric.score, (point) => point.metrics[metric.id]);
    return readingCard(metric, move, line ? scoresOf(line) : [], snapshot.category.bands);
  });
  host.replaceChildren(...made);
  for (const details of host.querySelectorAll("details")) {
    details.open = open.has(details.id);
    if (focused && details.id === focused) details.firstChild.focus();
  }
}

function inOrder(category, snapshot) {
  const place = new Map(category.metrics.map((metric, n) => [metric.id, n]));
  const rank = (metric) => place.get(metric.id) ?? place.size;
  return [...snapshot.metrics, ...snapshot.unavailable].sort((a, b) => rank(a) - rank(b));
}

function readingCard(metric, move, scores, bands) {
  return card(
    metric,
    styleName(metric.status),
    el(
      "div",
      { class: "reading" },
      el("p", { class: "score" }, scoreText(metric.score), " ", chip(metric.status)),
      el("p", { class: "moved" }, moveText(move)),
    ),
    sparkline(scores, bands, `${metric.title}, last 30 days`),
    el("p", { class: "summary" }, metric.summary),
    quality(metric.quality),
    explanation(
      metric,
      metric.value !== null && `The value behind the score is ${valueText(metric.value)}.`,
    ),
  );
}

function missingCard(metric) {
  return card(
    metric,
    "missing",
    el("p", {}, el("span", { class: "chip", "data-status": "unknown" }, "No reading")),
    el("p", { class: "summary" }, capital(metric.reason)),
    quality("unavailable"),
    explanation(metric, null),
  );
}

function card(metric, status, ...content) {
  const heading = el("h3", { id: `metric-${metric.id}` }, metric.title);
  return el(
    "article",
    { class: "panel card", "data-status": status, "aria-labelledby": heading.id },
    el(
      "div",
      { class: "card-head" },
      heading,
      el("span", { class: "weight" }, `Weight ${percentText(metric.weight)}`),
    ),
    ...content,
  );
}

const quality = (name) =>
  el("p", { class: "quality", "data-quality": name }, QUALITIES[name] ?? name);

function explanation({ id, title, explanation: text }, value) {
  return el(
    "details",
    { id: `explanation-${id}` },
    el("summary", {}, "What it means", unseen(`: ${title}`)),
    el("p", {}, text.meaning),
    el("p", {}, el("strong", {}, "How to read it. "), text.interpretation),
    el("p", {}, el("strong", {}, "Formula. "), el("span", { class: "formula" }, text.formula)),
    value && el("p", {}, value),
  );
}
