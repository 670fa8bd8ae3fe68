/** A small line of a month; a day without a score interrupts it. */

import { svg } from "./dom.js";
import { scoreText } from "./words.js";

const WIDTH = 120;
const HEIGHT = 40;
const EDGE = 4;
const SPAN = 40; // the fewest points from bottom to top: a calm month must not look wild

/** Draw `scores`, one for each day, null where there is none; null if there is nothing to draw. */
export function sparkline(scores, limits, label) {
  const known = scores.filter((score) => score !== null);
  if (known.length === 0) return null;
  const last = scores.findLastIndex((score) => score !== null);
  const words =
    `${label}: now ${scoreText(scores[last])},` +
    ` lowest ${scoreText(Math.min(...known))}, highest ${scoreText(Math.max(...known))}`;
  const y = heightFor(known);
  const points = scores.map((score, n) =>
    score === null ? null : `${x(n, scores.length)} ${y(score)}`,
  );
  return svg(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": words,
    },
    ...[limits.normal, limits.elevated, limits.high]
      .filter((limit) => y(limit) >= 0 && y(limit) <= HEIGHT)
      .map((limit) => svg("path", { class: "spark-limit", d: `M0 ${y(limit)}H${WIDTH}` })),
    svg("path", { class: "spark-line", d: linePath(points) }),
    svg("path", { class: "spark-end", d: `M${points[last]}h0.01` }),
  );
}

/** One stroke for each run of days in a row; a lonely day is a stroke of no length, a dot. */
function linePath(points) {
  let path = "";
  points.forEach((point, n) => {
    if (point === null) return;
    path += n > 0 && points[n - 1] !== null ? `L${point}` : `M${point}h0.01`;
  });
  return path;
}

const x = (n, count) => (EDGE + (n * (WIDTH - 2 * EDGE)) / Math.max(count - 1, 1)).toFixed(2);

/** Where a score stands: the known ones in the middle, with at least SPAN from edge to edge. */
function heightFor(known) {
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const span = Math.max(highest - lowest, SPAN);
  const bottom = Math.min(Math.max((lowest + highest - span) / 2, 0), 100 - span);
  return (score) => (HEIGHT - EDGE - ((score - bottom) * (HEIGHT - 2 * EDGE)) / span).toFixed(2);
}
