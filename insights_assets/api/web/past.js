/** The composite against its own past: earlier values, its rank, and how often each score was. */

import { el, svg } from "./dom.js";
import { bandsOf } from "./status.js";
import { longDate, ordinal, scoreText, signedText } from "./words.js";

const AGO = [
  ["week", "A week ago"],
  ["month", "A month ago"],
  ["quarter", "A quarter ago"],
  ["year", "A year ago"],
];
const WIDTH = 240;
const HEIGHT = 56;

/** Fill `host`; `toDay` makes the link to a day out of its date. */
export function showPast(host, snapshot, toDay) {
  const { context, composite, category } = snapshot;
  if (!context) {
    host.replaceChildren(el("p", { class: "note" }, "Its past cannot be read now."));
    return;
  }
  const { percentile } = context;
  host.replaceChildren(
    el("p", {}, rankText(percentile.composite), changeText(percentile.change, context)),
    percentile.composite.sessions > 0
      ? histogram(percentile, composite.score, category.bands)
      : "",
    el("dl", { class: "facts" }, ...factsOf(context, composite.score, toDay)),
  );
}

function factsOf(context, score, toDay) {
  const facts = AGO.map(([id, name]) => [name, earlier(context.ago[id], score, toDay)]);
  facts.push(["Average of 20 sessions", numberOrNone(context.average_20)]);
  facts.push(["In this band since", dayLink(context.band_since, toDay)]);
  facts.push(["Last as high", dayLink(context.last_as_high?.date, toDay)]);
  facts.push(["Last as low", dayLink(context.last_as_low?.date, toDay)]);
  return facts.map(([name, fact]) => el("div", {}, el("dt", {}, name), el("dd", {}, fact)));
}

function rankText({ value, sessions, reason }) {
  if (value === null || value === undefined) return `How unusual it is cannot be said: ${reason}.`;
  return `Higher than on ${Math.round(value)}% of the ${sessions} sessions of the last 3 years (${ordinal(Math.round(value))} percentile).`;
}

function changeText({ value, sessions }, { came, went }) {
  if (value === null || value === undefined) return "";
  const other = came.length + went.length > 0 ? "; part of it is that other metrics are available" : "";
  return ` The change is larger than ${Math.round(value)}% of the ${sessions} changes from session to session in these years${other}.`;
}

function earlier(then, score, toDay) {
  if (!then) return "no snapshot";
  return el(
    "span",
    {},
    toDay(then.date, scoreText(then.composite_score)),
    ` (${signedText(score - then.composite_score)} since)`,
  );
}

const numberOrNone = (score) => (score === null ? "too few sessions" : scoreText(score));
const dayLink = (day, toDay) => (day ? toDay(day, longDate(day)) : "not in the stored history");

/** One column for every five points of score; the one with today's score is marked. */
function histogram({ distribution, composite: { sessions } }, score, limits) {
  const most = Math.max(...distribution, 1);
  const step = WIDTH / distribution.length;
  const span = 100 / distribution.length;
  const mine = Math.min(Math.floor(score / span), distribution.length - 1);
  const columns = distribution.map((count, n) => {
    const height = (count / most) * (HEIGHT - 4);
    const band = bandsOf(limits).findLast(({ from }) => n * span >= from);
    return svg("rect", {
      x: (n * step + 0.5).toFixed(1),
      y: (HEIGHT - height).toFixed(1),
      width: (step - 1).toFixed(1),
      height: height.toFixed(1),
      class: n === mine ? "column current" : "column",
      "data-status": band.status,
    });
  });
  const label = `How often each score was, over ${sessions} sessions; today’s ${scoreText(score)} is marked.`;
  return svg(
    "svg",
    { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    ...columns,
  );
}
