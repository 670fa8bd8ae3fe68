/** The chart of scores: our bands behind the lines, their names outside, thin coverage marked. */

import { axisLook, drawChart } from "./chart.js";
import { colourOf } from "./dom.js";
import { AVERAGE, COMPOSITE, scoresOf } from "./series.js";
import { bandsOf } from "./status.js";
import { secondsOf } from "./words.js";

const NAMES_WIDTH = 64;

/** The custom property with the colour of the n-th line: composite, average, then the metrics. */
export const lineColour = (n) => (n < 2 ? "--text" : `--line-${((n - 2) % 8) + 1}`);

/** Draw `columns` with their bands; see drawChart for the rest. */
export function drawScores(host, columns, limits, isShown, firstDay, onDay) {
  const { days, rows, lines } = columns;
  const { stroke, font, line } = axisLook();
  const marks = [0, limits.normal, limits.elevated, limits.high, 100];
  return drawChart(host, {
    days,
    firstDay,
    onDay,
    lines: lines.map((each, n) => ({
      label: each.title,
      values: scoresOf(each),
      colour: lineColour(n),
      width: each.id === COMPOSITE ? 2.5 : 1.75,
      shown: isShown(each.id),
      dash: dashOf(each.id, n),
    })),
    y: {
      room: NAMES_WIDTH,
      range: [0, 100],
      axis: {
        stroke,
        font,
        size: 40,
        grid: line,
        ticks: { show: false },
        splits: () => marks,
        values: (_, scores) => scores.map(String),
      },
    },
    paint: (chart) => {
      paintBands(chart, limits);
      markThinDays(chart, days, rows);
    },
    name: (chart) => nameBands(chart, limits),
  });
}

function dashOf(id, n) {
  if (id === AVERAGE) return [3, 4];
  return n > 9 ? [6, 4] : undefined; // the colours begin anew
}

function paintBands({ ctx, bbox, valToPos }, limits) {
  for (const { status, from, to } of bandsOf(limits)) {
    const top = valToPos(to, "y", true);
    ctx.fillStyle = colourOf(`--band-${status}`);
    ctx.fillRect(bbox.left, top, bbox.width, valToPos(from, "y", true) - top);
  }
}

/** A mark at the foot of each day whose composite rests on less than all of the weight. */
function markThinDays({ ctx, bbox, valToPos, scales }, days, rows) {
  ctx.fillStyle = colourOf("--status-elevated");
  const width = Math.max(2, bbox.width / days.length / 2);
  rows.forEach((row, n) => {
    const seconds = secondsOf(days[n]);
    if (!row || row.coverage >= 1 || seconds < scales.x.min || seconds > scales.x.max) return;
    const height = 6 * devicePixelRatio * Math.max(1 - row.coverage, 0.2) * 2;
    const x = valToPos(seconds, "x", true) - width / 2;
    ctx.fillRect(x, bbox.top + bbox.height - height, width, height);
  });
}

/** Beside the lines, where nothing is drawn over them. */
function nameBands({ ctx, bbox, valToPos }, limits) {
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * scale}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { status, from, to } of bandsOf(limits)) {
    ctx.fillStyle = colourOf(`--status-${status}`);
    const y = valToPos((from + to) / 2, "y", true);
    ctx.fillText(status, bbox.left + bbox.width + 6 * scale, y);
  }
  ctx.restore();
}
