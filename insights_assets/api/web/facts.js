/** The list beside the gauge: how old the snapshot is, how it moved, what it covers and rests on. */

import { el, unseen } from "./dom.js";
import { moveSince } from "./series.js";
import * as words from "./words.js";

const SOURCES = {
  alpha_vantage: "Alpha Vantage",
  fred: "FRED",
  simulator: "Simulator",
  replay: "Replay",
  imported: "Imported from the earlier system",
};
const STORES = { redis: "Redis", mongodb: "MongoDB" };

/** Fill the list `host`; `month` is the trend of the last 30 days, or null. */
export function showFacts(host, snapshot, month) {
  const facts = [
    ["Date", `${words.longDate(snapshot.date)} (${words.ageOfDay(snapshot.date)})`],
    ["Change", changeText(snapshot, month)],
    ["Last 30 days", spanText(month)],
    ["Coverage", coverage(snapshot)],
    ["Data from", SOURCES[snapshot.source] ?? snapshot.source],
    ["Computed", words.momentText(snapshot.created_at)],
  ];
  host.replaceChildren(
    ...facts
      .filter(([, fact]) => fact !== null)
      .map(([name, fact]) => el("div", {}, el("dt", {}, name), el("dd", {}, fact))),
  );
}

/** Where the snapshot was read and which run made it. */
export const provenanceText = (snapshot) =>
  `Read from ${STORES[snapshot.read_from] ?? snapshot.read_from} · run ${snapshot.run_id}`;

/** An arrow with the size of a move, in words for those who do not see the arrow. */
export function moveText(move) {
  if (move === null) return null;
  const since = `since ${words.shortDate(move.since)}`;
  if (move.by === 0) return el("span", { class: "move" }, `unchanged ${since}`);
  const [arrow, word] = move.by > 0 ? ["▲", "up"] : ["▼", "down"];
  return el(
    "span",
    { class: "move" },
    el("span", { class: "arrow", "aria-hidden": "true" }, arrow),
    unseen(word),
    ` ${words.scoreText(Math.abs(move.by))} ${since}`,
  );
}

const changeText = ({ date, composite }, month) =>
  moveText(moveSince(month, date, composite.score, (point) => point.composite));

function spanText(month) {
  const scores = month?.points.map((point) => point.composite.score) ?? [];
  if (scores.length < 2) return null;
  return `${words.scoreText(Math.min(...scores))} to ${words.scoreText(Math.max(...scores))}`;
}

function coverage({ coverage: covered, unavailable }) {
  const bar = el("span", { class: "cover", "aria-hidden": "true" }, el("span"));
  bar.firstChild.style.setProperty("width", `${covered * 100}%`);
  const missing = unavailable.map((metric) => metric.title);
  const rest = missing.length > 0 ? `, without ${words.listText(missing)}` : "";
  return el("span", {}, bar, `${words.percentText(covered)} of the weight${rest}`);
}
