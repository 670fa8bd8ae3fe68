/** A page for one metric: its value in its own unit, over time, and how it becomes a score. */

import { axisLook, drawChart } from "./chart.js";
import { byId, el } from "./dom.js";
import { addressOf } from "./route.js";
import { chip } from "./status.js";
import { calendarDays, longDate, percentText, scoreText, valueText } from "./words.js";

let chart = null;

/** Take the metric's page away. */
export function hideMetric() {
  chart?.remove();
  chart = null;
  byId("metric").hidden = true;
}

/** Show the metric of `route`: its reading in `snapshot` and its raw values in `trend`. */
export function showMetric(route, snapshot, trend) {
  hideMetric();
  const { id, title } = route.metric;
  const reading = snapshot.metrics.find((metric) => metric.id === id);
  const missing = snapshot.unavailable.find((metric) => metric.id === id);
  byId("metric").hidden = false;
  byId("metric-title").textContent = title;
  byId("metric-reading").replaceChildren(
    ...(reading ? readingOf(reading, snapshot) : reasonOf(missing, snapshot)),
    el("p", {}, el("a", { href: addressOf({ ...route, metric: null }) }, "Back to all metrics")),
  );
  const points = trend?.points.filter((point) => typeof point.metrics[id]?.value === "number") ?? [];
  byId("metric-history").hidden = points.length === 0;
  if (points.length > 0) drawHistory(id, reading?.unit ?? points[0].metrics[id].unit ?? "", trend, points);
}

function readingOf(reading, snapshot) {
  const unit = reading.unit ?? "";
  const rank = snapshot.context?.percentile.metrics[reading.id];
  return [
    reading.value === null
      ? null
      : el("p", { class: "score" }, `${valueText(reading.value)} ${unit}`),
    el("p", {}, `Score ${scoreText(reading.score)} `, chip(reading.status)),
    el("p", {}, `${longDate(snapshot.date)}: ${reading.summary}`),
    el("p", { class: "quality", "data-quality": reading.quality }, qualityText(reading)),
    typeof rank?.value === "number"
      ? el("p", {}, `Its score is higher than on ${Math.round(rank.value)}% of ${rank.sessions} sessions.`)
      : null,
    ...explained(reading.explanation),
    el("p", {}, `It weighs ${percentText(reading.weight)} of the composite.`),
  ].filter((each) => each !== null);
}

const qualityText = ({ quality, reason }) =>
  quality === "fresh" || !reason ? `Data: ${quality}` : `Data: ${quality}: ${reason}`;

function reasonOf(missing, snapshot) {
  if (!missing) return [el("p", {}, `It is not part of the snapshot of ${snapshot.date}.`)];
  return [
    el("p", {}, el("span", { class: "chip", "data-status": "unknown" }, "No reading")),
    el("p", {}, `${longDate(snapshot.date)}: ${missing.reason}`),
    ...explained(missing.explanation),
  ];
}

/** What a metric means, how to read it and its formula. */
export const explained = ({ meaning, interpretation, formula }) => [
  el("p", {}, meaning),
  el("p", {}, el("strong", {}, "How to read it. "), interpretation),
  el("p", {}, el("strong", {}, "Formula. "), el("span", { class: "formula" }, formula)),
];

function drawHistory(id, unit, trend, points) {
  const byDay = new Map(points.map((point) => [point.date, point.metrics[id]]));
  const days = calendarDays(points.at(-1).date, trend.to);
  const values = days.map((day) => byDay.get(day)?.value ?? null);
  const { stroke, font, line } = axisLook();
  const say = (at) => {
    const day = days[at ?? days.findLastIndex((each) => byDay.has(each))];
    const found = byDay.get(day);
    const text = found
      ? ` ${valueText(found.value)} ${unit}, score ${scoreText(found.score)}`
      : " no reading";
    byId("metric-readout").replaceChildren(el("strong", {}, longDate(day)), text);
    return text;
  };
  chart = drawChart(byId("metric-chart"), {
    days,
    firstDay: null,
    onDay: say,
    lines: [{ label: unit, values, colour: "--line-4", width: 2.5, shown: true }],
    y: {
      range: (_, low, high) => spread(low, high),
      axis: { stroke, font, size: 60, grid: line, ticks: { show: false } },
    },
  });
  say(null);
  byId("metric-chart").setAttribute(
    "aria-label",
    `${points.length} values from ${valueText(least(values))} to ${valueText(most(values))} ${unit}`,
  );
}

const known = (values) => values.filter((value) => value !== null);
const least = (values) => Math.min(...known(values));
const most = (values) => Math.max(...known(values));

/** Some room above and below, also for values that are all the same. */
function spread(low, high) {
  const room = (high - low) * 0.08 || Math.max(Math.abs(high) * 0.1, 0.1);
  return [low - room, high + room];
}
