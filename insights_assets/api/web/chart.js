/** The drawing of the trend: uPlot with our bands behind it, one x for every calendar day. */

import { colourOf } from "./dom.js";
import { COMPOSITE, scoresOf } from "./series.js";
import { bandsOf } from "./status.js";
import { dayOf, monthMark, secondsOf, shortDate } from "./words.js";

const { uPlot } = globalThis;
const FONT = "12px system-ui, sans-serif";
const LABEL_WIDTH = 72;

/** The custom property with the colour of the n-th line. */
export const lineColour = (n) => (n === 0 ? "--text" : `--line-${((n - 1) % 8) + 1}`);

/**
 * Draw `columns` into `host`, with the cursor on `firstDay` if there is one.
 * `onDay` gets the index of the day under the cursor, or null.
 */
export function drawChart(host, columns, limits, isShown, firstDay, onDay) {
  const xs = columns.days.map(secondsOf);
  const pointAt = (chart, day) => chart.setCursor({ left: chart.valToPos(xs[day], "x"), top: 0 });
  const plot = new uPlot(
    {
      ...sizeOf(host),
      legend: { show: false },
      padding: [10, 22, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 9, width: 2 },
        move: (chart, left, top) => [left < 0 ? left : nearestDay(chart, left), top],
      },
      scales: { x: { range: withMargin(xs) }, y: { range: [0, 100] } },
      axes: axesFor(columns.days, limits),
      series: [{}, ...columns.lines.map((line, n) => seriesFor(line, n, isShown(line.id)))],
      hooks: {
        drawClear: [(chart) => paintBands(chart, limits)],
        draw: [(chart) => nameBands(chart, limits)],
        ready: [(chart) => firstDay !== null && pointAt(chart, firstDay)],
        setCursor: [(chart) => onDay(chart.cursor.idx ?? null)],
      },
    },
    [xs, ...columns.lines.map(scoresOf)],
    host,
  );
  const resizing = new ResizeObserver(() => plot.setSize(sizeOf(host)));
  resizing.observe(host);
  const followFinger = (event) => {
    if (event.pointerType === "mouse") return;
    plot.setCursor({ left: event.clientX - plot.over.getBoundingClientRect().left, top: 0 });
  };
  host.addEventListener("pointermove", followFinger);
  return {
    show: (n, shown) => plot.setSeries(n + 1, { show: shown }),
    pointAt: (day) => pointAt(plot, day),
    leave: () => plot.setCursor({ left: -10, top: -10 }),
    remove() {
      resizing.disconnect();
      host.removeEventListener("pointermove", followFinger);
      plot.destroy();
    },
  };
}

const sizeOf = (host) => ({ width: host.clientWidth, height: host.clientHeight });

const nearestDay = (chart, left) => chart.valToPos(chart.data[0][chart.posToIdx(left)], "x");

function withMargin(xs) {
  const margin = Math.max((xs.at(-1) - xs[0]) / 60, 86_400 / 4);
  return () => [xs[0] - margin, xs.at(-1) + margin];
}

function seriesFor(line, n, show) {
  const colour = colourOf(lineColour(n));
  const scores = scoresOf(line);
  const lonely = scores.flatMap((score, at) =>
    score !== null && (scores[at - 1] ?? null) === null && (scores[at + 1] ?? null) === null ? at : [],
  );
  const few = scores.length <= 31;
  return {
    label: line.title,
    show,
    stroke: colour,
    width: line.id === COMPOSITE ? 2.5 : 1.75,
    dash: n > 8 ? [6, 4] : undefined, // the colours begin anew
    spanGaps: false,
    points: {
      size: line.id === COMPOSITE ? 7 : 5,
      fill: colour,
      show: few,
      filter: () => (few ? null : lonely), // a day between two gaps would have no stroke
    },
  };
}

function axesFor(days, limits) {
  const stroke = colourOf("--muted");
  const line = { stroke: colourOf("--border"), width: 1 };
  return [
    {
      stroke,
      font: FONT,
      size: 34,
      grid: { show: false },
      ticks: { ...line, size: 5 },
      splits: (chart) => marksOf(days, Math.max(chart.bbox.width / devicePixelRatio, 1)),
      values: (_, seconds) => seconds.map((each) => markText(days, dayOf(each))),
    },
    {
      stroke,
      font: FONT,
      size: 40,
      grid: line,
      ticks: { show: false },
      splits: () => [0, limits.normal, limits.elevated, limits.high, 100],
      values: (_, scores) => scores.map(String),
    },
  ];
}

const ofMonths = (days) => days.length > 60;
const markText = (days, day) => (ofMonths(days) ? monthMark(day) : shortDate(day));

/** The days that the axis names: the newest and back from it, or the first of each month. */
function marksOf(days, width) {
  const eligible = ofMonths(days) ? days.filter((day) => day.endsWith("-01")) : days;
  const step = Math.max(1, Math.ceil((eligible.length * LABEL_WIDTH) / width));
  return eligible.filter((_, n) => (eligible.length - 1 - n) % step === 0).map(secondsOf);
}

function paintBands({ ctx, bbox, valToPos }, limits) {
  for (const { status, from, to } of bandsOf(limits)) {
    const top = valToPos(to, "y", true);
    ctx.fillStyle = colourOf(`--band-${status}`);
    ctx.fillRect(bbox.left, top, bbox.width, valToPos(from, "y", true) - top);
  }
}

/** Over the lines, with a rim that keeps them readable. */
function nameBands({ ctx, bbox, valToPos }, limits) {
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * scale}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * scale;
  ctx.strokeStyle = colourOf("--panel");
  for (const { status, to } of bandsOf(limits)) {
    const place = [status, bbox.left + 6 * scale, valToPos(to, "y", true) + 4 * scale];
    ctx.strokeText(...place);
    ctx.fillStyle = colourOf(`--status-${status}`);
    ctx.fillText(...place);
  }
  ctx.restore();
}
