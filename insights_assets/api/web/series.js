/** A trend as columns over every calendar day, null where there is no snapshot or no reading. */

import { calendarDays } from "./words.js";

export const COMPOSITE = "composite";
export const AVERAGE = "average_20";

/** Lay `trend` out: the composite, its average of 20 sessions, then each metric of the category. */
export function columnsOf(trend, category) {
  const points = new Map(trend.points.map((point) => [point.date, point]));
  // All history is asked for by more days than there are: it begins with the first snapshot.
  const first = trend.points.at(-1)?.date ?? trend.from;
  const days = calendarDays(trend.days > 3000 ? first : trend.from, trend.to);
  const rows = days.map((day) => points.get(day) ?? null);
  const line = (id, title, pick) => ({
    id,
    title,
    readings: rows.map((row) => (row && pick(row)) ?? null),
  });
  const lines = [
    line(COMPOSITE, "Composite", (row) => row.composite),
    line(AVERAGE, "Average of 20 sessions", (row) =>
      typeof row.average_20 === "number" ? { score: row.average_20 } : null,
    ),
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
