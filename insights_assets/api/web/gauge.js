/** The composite as a half circle of bands with a pointer, and as number and word. */

import { el, svg } from "./dom.js";
import { bandsOf, chip, styleName } from "./status.js";
import { scoreText } from "./words.js";

const CENTRE = { x: 130, y: 128 };
const RADIUS = 104;
const GAP = 0.45; // score points left free between two bands

/** Draw the gauge of `composite` into `host`, with a tick for each earlier score of `ago`. */
export function showGauge(host, composite, limits, ago) {
  const { score, status } = composite;
  const bands = bandsOf(limits);
  const label =
    `Score ${scoreText(score)} of 100, ${status}. ` +
    `Normal from ${limits.normal}, elevated from ${limits.elevated}, high from ${limits.high}.`;
  const needle = svg("path", { class: "gauge-needle", d: pointer() });
  const picture = svg(
    "svg",
    { viewBox: "0 0 260 146", role: "img", "aria-label": label, class: "gauge" },
    ...bands.map((band) =>
      svg("path", {
        class: band.status === status ? "gauge-band current" : "gauge-band",
        "data-status": band.status,
        d: arc(band.from + GAP, band.to - GAP),
      }),
    ),
    ...[0, limits.normal, limits.elevated, limits.high, 100].map(mark),
    ...ticksFor(ago),
    needle,
  );
  needle.style.setProperty("transform", `rotate(${score * 1.8}deg)`);
  host.replaceChildren(
    picture,
    el(
      "p",
      { class: "gauge-text", "data-status": styleName(status) },
      el("span", { class: "gauge-score" }, scoreText(score)),
      chip(status),
    ),
  );
}

function at(score, radius) {
  const angle = Math.PI * (1 - score / 100);
  const x = CENTRE.x + radius * Math.cos(angle);
  const y = CENTRE.y - radius * Math.sin(angle);
  return { x: x.toFixed(2), y: y.toFixed(2) };
}

function arc(from, to) {
  const start = at(from, RADIUS);
  const end = at(to, RADIUS);
  return `M${start.x} ${start.y}A${RADIUS} ${RADIUS} 0 0 1 ${end.x} ${end.y}`;
}

/** A slim pointer across the band at score 0; the style turns it round the centre. */
function pointer() {
  const tip = CENTRE.x - RADIUS - 11;
  const foot = CENTRE.x - RADIUS + 24;
  return `M${tip} ${CENTRE.y}L${foot} ${CENTRE.y - 5}L${foot} ${CENTRE.y + 5}Z`;
}

/** Where the composite stood a week, a month, a quarter and a year ago; the nearest is longest. */
function ticksFor(ago) {
  return ["week", "month", "quarter", "year"].flatMap((span, n) => {
    const then = ago?.[span];
    if (!then) return [];
    const [from, to] = [at(then.composite_score, RADIUS - 12), at(then.composite_score, RADIUS + 9 - 2 * n)];
    const tick = svg("path", { class: "gauge-tick", d: `M${from.x} ${from.y}L${to.x} ${to.y}` });
    tick.append(svg("title", {}, `A ${span} ago: ${scoreText(then.composite_score)}`));
    return [tick];
  });
}

function mark(score) {
  const place = at(score, RADIUS + 18);
  const attributes = { x: place.x, y: place.y, class: "gauge-mark", "aria-hidden": "true" };
  if (score === 0 || score === 100) {
    attributes.x = at(score, RADIUS).x;
    attributes.y = CENTRE.y + 14;
  }
  return svg("text", attributes, String(score));
}
