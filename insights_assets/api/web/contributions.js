/** What makes the composite: for each metric its share of the points, and how that changed. */

import { el } from "./dom.js";
import { styleName } from "./status.js";
import { percentText, scoreText, signedText } from "./words.js";

/** Fill `host` with a bar for each available metric; together the bars are the composite. */
export function showContributions(host, snapshot) {
  const { metrics, context } = snapshot;
  const total = metrics.reduce((sum, { weight }) => sum + weight, 0);
  const moved = context?.attribution ?? {};
  const rows = metrics.map((metric) => {
    const share = metric.weight / total;
    return bar(metric, share, share * metric.score, moved[metric.id]);
  });
  const known = new Set(metrics.map(({ id }) => id));
  const gone = Object.keys(moved).filter((id) => !known.has(id));
  host.replaceChildren(
    el("ul", { class: "bars" }, ...rows, ...gone.map((id) => lost(id, moved[id], snapshot))),
    el("p", { class: "note" }, noteFor(snapshot)),
  );
}

function bar({ title, score, status }, share, points, moved) {
  const filled = el("span", { class: "bar-fill", "data-status": styleName(status) });
  filled.style.setProperty("width", `${score}%`);
  const track = el("span", { class: "bar-track", "aria-hidden": "true" }, filled);
  // As wide as the weight: the filled area is what the metric gives to the composite.
  track.style.setProperty("width", `${share * 100}%`);
  return el(
    "li",
    {},
    el("span", { class: "bar-name" }, title),
    el("span", { class: "bar-room" }, track),
    el("span", { class: "bar-points" }, `${scoreText(points)} points`),
    el("span", { class: "bar-more" }, moreText(share, score, moved)),
  );
}

function moreText(share, score, moved) {
  const made = `${percentText(share)} of the weight at ${scoreText(score)}`;
  return moved === undefined ? made : `${made}, ${signedText(moved)} since the day compared`;
}

function lost(id, moved, { unavailable }) {
  const title = unavailable.find((metric) => metric.id === id)?.title ?? id;
  return el(
    "li",
    { class: "lost" },
    el("span", { class: "bar-name" }, title),
    el("span", { class: "bar-room" }),
    el("span", { class: "bar-points" }, "unavailable"),
    el("span", { class: "bar-more" }, `${signedText(moved)} because it is missing now`),
  );
}

function noteFor({ composite, coverage, context }) {
  const whole = `The points add up to the composite, ${scoreText(composite.score)}.`;
  const weights =
    coverage < 1
      ? ` The weights are those of the metrics that are there (${percentText(coverage)} of all), made 100%.`
      : "";
  const before = context?.previous;
  const other =
    before && before.coverage !== coverage
      ? ` The snapshot of ${before.date} covers ${percentText(before.coverage)}.`
      : "";
  return whole + weights + other;
}
