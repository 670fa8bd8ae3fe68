/** The trend section: ranges, read-out, the chart with its zoom, and its table. */

import { button, byId, el } from "./dom.js";
import { gapNotes } from "./gaps.js";
import { fillLegend, isShown, showLegend } from "./legend.js";
import { RANGES } from "./route.js";
import { drawScores } from "./score_chart.js";
import { columnsOf, COMPOSITE } from "./series.js";
import { trendTable } from "./table.js";
import { longDate, percentText, scoreText } from "./words.js";

const ZOOM = 2;
let now = null; // what is on the screen: category, limits, columns, chart, day
let openDay = null;

/** Make the buttons; `onRange` gets the id of a range, `onOpen` the day somebody clicked. */
export function setUpTrend(onRange, onOpen) {
  openDay = onOpen;
  byId("ranges").append(
    ...RANGES.map(({ id, label }) =>
      button({ "data-range": id, "aria-pressed": "false" }, () => onRange(id), label),
    ),
  );
  byId("zoom").append(
    button({ "aria-label": "Zoom in" }, () => zoom(1 / ZOOM), "+"),
    button({ "aria-label": "Zoom out" }, () => zoom(ZOOM), "−"),
  );
  byId("custom").addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = [byId("from").value, byId("to").value];
    if (from && to && from < to) onRange(`${from}..${to}`);
    else byId("to").setCustomValidity("The last day comes after the first.");
    byId("to").reportValidity();
  });
  byId("custom").addEventListener("input", () => byId("to").setCustomValidity(""));
  byId("chart").addEventListener("keydown", moveByKey);
  byId("chart").addEventListener("blur", () => now?.chart?.leave());
  byId("chart").addEventListener("dblclick", () => zoom(Infinity));
  byId("chart").addEventListener("click", openByClick);
  byId("numbers").addEventListener("toggle", fillTable);
}

export function markRange(range) {
  for (const each of byId("ranges").children) {
    each.setAttribute("aria-pressed", String(each.dataset.range === range));
  }
  const [from, to] = range.split("..");
  if (to) [byId("from").value, byId("to").value] = [from, to];
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
  byId("trend-notice").replaceChildren(...gapNotes(trend.gaps));
  byId("trend").hidden = false;
  byId("trend-help").textContent = helpFor(trend, now.columns);
  showLegend(now.columns.lines, switchLines);
  const isRefresh = before && String(before.columns.days) === String(now.columns.days);
  redrawTrend(isRefresh ? before.day : null);
  fillTable();
}

function helpFor({ points }, { days }) {
  const thin = points.filter(({ coverage }) => coverage < 1).length;
  const marked =
    thin > 0 ? ` ${thin} of them lack a part of the weight: they have a mark at the foot.` : "";
  return (
    `${points.length} of ${days.length} days have a snapshot; the line is interrupted where there` +
    ` is none.${marked} A click opens a day, dragging zooms. The arrow keys move the read-out,` +
    " + and − zoom, 0 shows all, Enter opens the day; a double click on a line’s name shows it alone."
  );
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
  now.chart = drawScores(byId("chart"), now.columns, now.limits, isShown, day ?? null, readOut);
  readOut(day ?? null);
}

function switchLines() {
  now.columns.lines.forEach(({ id }, n) => now.chart.show(n, isShown(id)));
  readOut(now.day);
}

const dayOfCursor = () => now.day ?? now.columns.rows.findLastIndex((row) => row !== null);

/** Say what the day under the cursor shows; without a cursor it is the newest snapshot. */
function readOut(day) {
  if (!now) return;
  now.day = day;
  const { days, rows, lines } = now.columns;
  const at = dayOfCursor();
  const sentence = sentenceFor(rows[at]);
  byId("readout").replaceChildren(el("strong", {}, longDate(days[at])), ` ${sentence}`);
  fillLegend(lines, at);
  const others = lines
    .filter(({ id, readings }) => id !== COMPOSITE && isShown(id) && rows[at] && readings[at])
    .map(({ title, readings }) => `, ${title} ${scoreText(readings[at].score)}`);
  const slider = byId("chart");
  slider.setAttribute("aria-valuemin", "1");
  slider.setAttribute("aria-valuemax", String(days.length));
  slider.setAttribute("aria-valuenow", String(at + 1));
  slider.setAttribute("aria-valuetext", `${longDate(days[at])}: ${sentence}${others.join("")}`);
}

function sentenceFor(row) {
  if (!row) return "no snapshot";
  const { composite, coverage } = row;
  const thin = coverage < 1 ? `, from ${percentText(coverage)} of the weight` : "";
  return `composite ${scoreText(composite.score)}, ${composite.status}${thin}`;
}

function zoom(factor) {
  now?.chart.zoom(factor, dayOfCursor());
}

let pressedAt = null;
addEventListener("pointerdown", ({ clientX }) => (pressedAt = clientX), true);

/** A click opens the day; the end of a drag, which zooms, is none. */
function openByClick({ clientX, detail }) {
  if (detail === 1 && Math.abs(clientX - pressedAt) < 4) openReadOut();
}

function openReadOut() {
  const at = dayOfCursor();
  if (now?.columns.rows[at]) openDay(now.columns.days[at]);
}

function moveByKey(event) {
  if (!now || event.ctrlKey || event.altKey || event.metaKey) return;
  const last = now.columns.days.length - 1;
  const from = dayOfCursor();
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
  const actions = {
    "+": () => zoom(1 / ZOOM),
    "-": () => zoom(ZOOM),
    0: () => zoom(Infinity),
    Enter: openReadOut,
  };
  if (!(event.key in targets) && !(event.key in actions)) return;
  event.preventDefault();
  if (event.key in actions) actions[event.key]();
  else now.chart.pointAt(Math.min(Math.max(targets[event.key], 0), last));
}

/** Only when it is open: a year has thousands of cells. */
function fillTable() {
  const table = byId("numbers").open && now ? [trendTable(now.columns)] : [];
  byId("table").replaceChildren(...table);
}
