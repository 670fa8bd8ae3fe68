/** How numbers, days and ages read. A day is the text `YYYY-MM-DD`, without a time zone. */

const DAY = 86_400_000;
const NEW_YORK = "America/New_York";

const scoreFormat = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const signedFormat = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});
const ordinals = new Intl.PluralRules("en-US", { type: "ordinal" });
const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };
const valueFormat = new Intl.NumberFormat("en-US", { maximumFractionDigits: 4 });
const percentFormat = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });
const utc = (options) => new Intl.DateTimeFormat("en-US", { timeZone: "UTC", ...options });
const longDay = utc({ weekday: "short", month: "short", day: "numeric", year: "numeric" });
const shortDay = utc({ month: "short", day: "numeric" });
const monthOnly = utc({ month: "short" });
const yearOnly = utc({ year: "numeric" });
const clock = new Intl.DateTimeFormat("en-US", {
  timeZone: NEW_YORK,
  dateStyle: "medium",
  timeStyle: "short",
});
const dayInNewYork = new Intl.DateTimeFormat("en-CA", { timeZone: NEW_YORK });
const ago = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });

export const scoreText = (score) => scoreFormat.format(score);
/** "+3.2" or "−3.2", with a real minus sign. */
export const signedText = (points) => signedFormat.format(points).replace("-", "−");

/** "15th". */
export const ordinal = (number) => `${number}${ENDINGS[ordinals.select(number)]}`;

export const valueText = (value) => valueFormat.format(value);
export const percentText = (fraction) => percentFormat.format(fraction);

const instant = (day) => Date.parse(`${day}T00:00:00Z`);

export const longDate = (day) => longDay.format(instant(day));
export const shortDate = (day) => shortDay.format(instant(day));
export const yearOf = (day) => yearOnly.format(instant(day));

/** The month, and in January the year. */
export const monthMark = (day) =>
  day.slice(5, 7) === "01" ? yearOf(day) : monthOnly.format(instant(day));

export const secondsOf = (day) => instant(day) / 1000;
export const dayOf = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
const daysBetween = (from, to) => Math.round((instant(to) - instant(from)) / DAY);
export const today = () => dayInNewYork.format(Date.now());

/** Every calendar day from `from` to `to`, both included. */
export function calendarDays(from, to) {
  const first = secondsOf(from);
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, n) => dayOf(first + n * 86_400));
}

/** "today's", "yesterday's", "5 days old". */
export function ageOfDay(day) {
  const days = daysBetween(day, today());
  if (days <= 0) return "today’s";
  return days === 1 ? "yesterday’s" : `${days} days old`;
}

/** A moment on New York's clock and how long ago it was. */
export function momentText(iso) {
  const moment = Date.parse(iso);
  if (Number.isNaN(moment)) return iso;
  const minutes = Math.round((moment - Date.now()) / 60_000);
  let relative = ago.format(minutes, "minute");
  if (Math.abs(minutes) >= 48 * 60) relative = ago.format(Math.round(minutes / 1440), "day");
  else if (Math.abs(minutes) >= 90) relative = ago.format(Math.round(minutes / 60), "hour");
  return `${clock.format(moment)} New York, ${relative}`;
}

/** "Elevated" for "elevated". */
export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

/** "IPO heat", "IPO heat and Yield curve", "A, B and C". */
export const listText = (names) => new Intl.ListFormat("en-GB").format(names);
