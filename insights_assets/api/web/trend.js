/** The trend section: ranges, the lines that are shown, the read-out, the chart and its table. */

import { drawChart, lineColour } from "./chart.js";
import { button, byId, el } from "./dom.js";
import { RANGES } from "./route.js";
import { COMPOSITE, columnsOf } from "./series.js";
import { trendTable } from "./table.js";
import { longDate, scoreText } from "./words.js";

const shown = new Set([COMPOSITE]);
let now = null; // what is on the screen: category, limits, columns, chart, day

/** Make the range buttons; `onRange` gets the days. */
export function setUpTrend(onRange) {
  byId("ranges").append(
    ...RANGES.map(({ days, label }) =>
      button({ "data-days": days, "aria-pressed": "false" }, () => onRange(days), label),
    ),
  );
  byId("chart").addEventListener("keydown", moveByKey);
  byId("chart").addEventListener("blur", () => now?.chart?.leave());
  byId("numbers").addEventListener("toggle", fillTable);
}

export function markRange(days) {
  for (const each of byId("ranges").children) {
    each.setAttribute("aria-pressed", String(each.dataset.days === String(days)));
  }
}

/** Show `trend` of `category`, or say that it is empty. */
export function showTrend(trend, category, limits) {
  const before = now;
  hideTrend();
  if (trend.points.length === 0) {
    const span = `${longDate(trend.from)} and ${longDate(trend.to)}`;
    byId("trend-notice").replaceChildren(
      el("p", { class: "note" }, `There is no snapshot between ${span}. A longer range may have one.`),
    );
    return;
  }
  now = { limits, columns: columnsOf(trend, category), chart: null, day: null };
  byId("trend").hidden = false;
  byId("trend-help").textContent =
    `${trend.points.length} of ${now.columns.days.length} days have a snapshot; the line is` +
    " interrupted where there is none. The arrow keys move the read-out from day to day.";
  showLegend();
  const isRefresh = before && String(before.columns.days) === String(now.columns.days);
  redrawTrend(isRefresh ? before.day : null);
  fillTable();
}

/** Take the chart away, and show `notices` instead. */
export function hideTrend(...notices) {
  now?.chart?.remove();
  now = null;
  byId("trend").hidden = true;
  byId("trend-notice").replaceChildren(...notices);
}

/** Draw again, in the colours of the theme, with the cursor on `day`. */
export function redrawTrend(day = now?.day) {
  if (!now) return;
  now.chart?.remove();
  const isShown = (id) => shown.has(id);
  now.chart = drawChart(byId("chart"), now.columns, now.limits, isShown, day ?? null, readOut);
  readOut(day ?? null);
}

function showLegend() {
  byId("legend").replaceChildren(
    ...now.columns.lines.map(({ id, title }, n) => {
      const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.setProperty("background", `var(${lineColour(n)})`);
      const value = el("span", { class: "legend-value", "aria-hidden": "true" });
      const toggle = button({ "data-line": id }, () => switchLine(id, n, toggle), swatch, title, value);
      toggle.setAttribute("aria-pressed", String(shown.has(id)));
      return toggle;
    }),
  );
}

function switchLine(id, n, toggle) {
  if (!shown.delete(id)) shown.add(id);
  toggle.setAttribute("aria-pressed", String(shown.has(id)));
  now.chart.show(n, shown.has(id));
  readOut(now.day);
}

/** Say what the day under the cursor shows; without a cursor it is the newest snapshot. */
function readOut(day) {
  if (!now) return;
  now.day = day;
  const { days, rows, lines } = now.columns;
  const at = day ?? rows.findLastIndex((row) => row !== null);
  const composite = rows[at]?.composite;
  const sentence = composite
    ? `composite ${scoreText(composite.score)}, ${composite.status}`
    : "no snapshot";
  byId("readout").replaceChildren(el("strong", {}, longDate(days[at])), ` ${sentence}`);
  [...byId("legend").children].forEach((toggle, n) => {
    const reading = lines[n].readings[at];
    toggle.querySelector(".legend-value").textContent = reading ? scoreText(reading.score) : "–";
  });
  const others = lines
    .slice(1)
    .filter(({ id, readings }) => shown.has(id) && rows[at] && readings[at])
    .map(({ title, readings }) => `, ${title} ${scoreText(readings[at].score)}`);
  const slider = byId("chart");
  slider.setAttribute("aria-valuemin", "1");
  slider.setAttribute("aria-valuemax", String(days.length));
  slider.setAttribute("aria-valuenow", String(at + 1));
  slider.setAttribute("aria-valuetext", `${longDate(days[at])}: ${sentence}${others.join("")}`);
}

function moveByKey(event) {
  if (!now || event.ctrlKey || event.altKey || event.metaKey) return;
  const last = now.columns.days.length - 1;
  const from = now.day ?? now.columns.rows.findLastIndex((row) => row !== null);
  const targets = {
    ArrowLeft: from - 1,
    ArrowDown: from - 1,
    ArrowRight: from + 1,
    ArrowUp: from + 1,
    PageDown: from - 7,
    PageUp: from + 7,
    Home: 0,
    End: last,
  };
  if (!(event.key in targets)) return;
  event.preventDefault();
  now.chart.pointAt(Math.min(Math.max(targets[event.key], 0), last));
}

/** Only when it is open: a year has thousands of cells. */
function fillTable() {
  const table = byId("numbers").open && now ? [trendTable(now.columns)] : [];
  byId("table").replaceChildren(...table);
}
