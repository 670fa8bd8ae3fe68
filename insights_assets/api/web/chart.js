/** A drawing over days: uPlot with one x for every calendar day, and what all charts share. */

import { colourOf } from "./dom.js";
import { dayOf, monthMark, secondsOf, shortDate } from "./words.js";

const { uPlot } = globalThis;
const LABEL_WIDTH = 72;
const FEW = 31;
export const FONT = "12px system-ui, sans-serif";

/**
 * Draw `lines` ({label, values, colour, width, shown, dash}) over `days` into `host`.
 *
 * `y` has the range, axis and splits of the values, `paint` and `name` draw behind and over the
 * lines. `onDay` gets the index of the day under the cursor, or null.
 */
export function drawChart(host, { days, lines, y, paint, name, firstDay, onDay }) {
  const xs = days.map(secondsOf);
  const whole = withMargin(xs);
  const pointAt = (chart, day) => chart.setCursor({ left: chart.valToPos(xs[day], "x"), top: 0 });
  const plot = new uPlot(
    {
      ...sizeOf(host),
      legend: { show: false },
      padding: [14, y.room ?? 22, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: true },
        points: { size: 9, width: 2 },
        move: (chart, left, top) => [left < 0 ? left : nearestDay(chart, left), top],
      },
      scales: {
        x: { range: (_, from, to) => (from === xs[0] && to === xs.at(-1) ? whole : [from, to]) },
        y: { range: y.range },
      },
      axes: [daysAxis(days), y.axis],
      series: [{}, ...lines.map(seriesFor)],
      hooks: {
        drawClear: paint ? [paint] : [],
        draw: name ? [name] : [],
        ready: [(chart) => firstDay !== null && pointAt(chart, firstDay)],
        setCursor: [(chart) => onDay(chart.cursor.idx ?? null)],
      },
    },
    [xs, ...lines.map(({ values }) => values)],
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
    zoom: (factor, day) => plot.setScale("x", zoomed(plot.scales.x, factor, xs[day], whole)),
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
  return [xs[0] - margin, xs.at(-1) + margin];
}

/** The part of the days to show when it becomes `factor` as long around `centre`, in seconds. */
function zoomed({ min, max }, factor, centre, whole) {
  const length = Math.max((max - min) * factor, 4 * 86_400);
  if (length >= whole[1] - whole[0]) return { min: whole[0], max: whole[1] };
  const share = Math.min(Math.max((centre - min) / (max - min), 0), 1);
  const from = Math.min(Math.max(centre - share * length, whole[0]), whole[1] - length);
  return { min: from, max: from + length };
}

function seriesFor({ label, values, colour, width, shown, dash }) {
  const stroke = colourOf(colour);
  const isAlone = (at) => (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
  const lonely = values.flatMap((value, at) => (value !== null && isAlone(at) ? at : []));
  const few = values.length <= FEW && !dash;
  return {
    label,
    show: shown,
    stroke,
    width,
    dash,
    spanGaps: false,
    points: {
      size: width > 2 ? 7 : 5,
      fill: stroke,
      show: few,
      filter: () => (few ? null : lonely), // a day between two gaps would have no stroke
    },
  };
}

/** The look of an axis, in the colours of the theme. */
export function axisLook() {
  return { stroke: colourOf("--muted"), font: FONT, line: { stroke: colourOf("--border"), width: 1 } };
}

function daysAxis(days) {
  const { stroke, font, line } = axisLook();
  return {
    stroke,
    font,
    size: 34,
    grid: { show: false },
    ticks: { ...line, size: 5 },
    splits: (chart) => marksOf(visible(days, chart.scales.x), chart.bbox.width / devicePixelRatio),
    values: (chart, marks) => {
      const shown = visible(days, chart.scales.x);
      return marks.map((seconds) => markText(shown, dayOf(seconds)));
    },
  };
}

const visible = (days, { min, max }) =>
  days.filter((day) => secondsOf(day) >= min && secondsOf(day) <= max);

const ofMonths = (days) => days.length > 60;
const markText = (days, day) => (ofMonths(days) ? monthMark(day) : shortDate(day));

/** The days that the axis names: the newest and back from it, or the first of each month. */
function marksOf(days, width) {
  const eligible = ofMonths(days) ? days.filter((day) => day.endsWith("-01")) : days;
  const step = Math.max(1, Math.ceil((eligible.length * LABEL_WIDTH) / Math.max(width, 1)));
  return eligible.filter((_, n) => (eligible.length - 1 - n) % step === 0).map(secondsOf);
}
