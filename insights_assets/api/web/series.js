/** A trend as columns over every calendar day, null where there is no snapshot or no reading. */

import { calendarDays } from "./words.js";

export const COMPOSITE = "composite";

/** Lay `trend` out; `lines` has the composite first and then every metric of the category. */
export function columnsOf(trend, category) {
  const points = new Map(trend.points.map((point) => [point.date, point]));
  const days = calendarDays(trend.from, trend.to);
  const rows = days.map((day) => points.get(day) ?? null);
  const line = (id, title, pick) => ({
    id,
    title,
    readings: rows.map((row) => (row && pick(row)) ?? null),
  });
  const lines = [
    line(COMPOSITE, "Composite", (row) => row.composite),
    ...category.metrics.map(({ id, title }) => line(id, title, (row) => row.metrics[id])),
  ];
  return { days, rows, lines };
}

export const scoresOf = (line) => line.readings.map((reading) => reading?.score ?? null);

/** How far a score moved since the snapshot before `day`, and which day that was. */
export function moveSince(trend, day, score, pick) {
  const before = trend?.points.find((point) => point.date < day && pick(point));
  if (!before) return null;
  return { by: Math.round((score - pick(before).score) * 100) / 100, since: before.date };
}
