/** One card for each metric of the category: its reading, or why there is none. */

import { el, unseen } from "./dom.js";
import { moveText } from "./facts.js";
import { explained } from "./metric.js";
import { addressOf } from "./route.js";
import { moveSince, scoresOf } from "./series.js";
import { sparkline } from "./sparkline.js";
import { chip, styleName } from "./status.js";
import { capital, percentText, scoreText, valueText } from "./words.js";

const QUALITIES = {
  fresh: "Fresh data",
  partial: "Partial data",
  stale: "Stale: the fetch failed, so an earlier dataset was used",
  unavailable: "Unavailable: left out of the composite",
};

/** Fill `host` in the category's order; explanations that were open stay open. */
export function showCards(host, route, snapshot, month, columns) {
  const { category } = route;
  const open = new Set([...host.querySelectorAll("details[open]")].map((each) => each.id));
  const focused = document.activeElement?.parentElement?.id;
  const made = inOrder(category, snapshot).map((metric) => {
    if (!("score" in metric)) return missingCard(metric, route);
    const line = columns?.lines.find((each) => each.id === metric.id);
    const move = moveSince(month, snapshot.date, metric.score, (point) => point.metrics[metric.id]);
    return readingCard(metric, route, move, line ? scoresOf(line) : [], snapshot.category.bands);
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

function readingCard(metric, route, move, scores, bands) {
  return card(
    metric,
    route,
    styleName(metric.status),
    el(
      "div",
      { class: "reading" },
      el("p", { class: "score" }, scoreText(metric.score), " ", chip(metric.status)),
      el("p", { class: "moved" }, moveText(move)),
    ),
    sparkline(scores, bands, `${metric.title}, last 30 days`),
    el("p", { class: "summary" }, metric.summary),
    quality(metric.quality, metric.reason),
    explanation(
      metric,
      metric.value === null
        ? null
        : `The value behind the score is ${valueText(metric.value)} ${metric.unit ?? ""}.`,
    ),
  );
}

function missingCard(metric, route) {
  return card(
    metric,
    route,
    "missing",
    el("p", {}, el("span", { class: "chip", "data-status": "unknown" }, "No reading")),
    el("p", { class: "summary" }, capital(metric.reason)),
    quality("unavailable"),
    explanation(metric, null),
  );
}

function card(metric, route, status, ...content) {
  const link = el("a", { href: addressOf({ ...route, metric, compare: null }) }, metric.title);
  const heading = el("h3", { id: `metric-${metric.id}` }, link);
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

function quality(name, reason) {
  const why = reason && name !== "fresh" ? `: ${reason}` : "";
  return el("p", { class: "quality", "data-quality": name }, (QUALITIES[name] ?? name) + why);
}

function explanation({ id, title, explanation: text }, value) {
  return el(
    "details",
    { id: `explanation-${id}` },
    el("summary", {}, "What it means", unseen(`: ${title}`)),
    ...explained(text),
    value && el("p", {}, value),
  );
}
