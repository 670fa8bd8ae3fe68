/** What is shown, as the address says it: `?category=ai_sector_risk&date=2025-01-09&range=90`. */

export const RANGES = [
  { id: "7", label: "7 days" },
  { id: "30", label: "30 days" },
  { id: "90", label: "90 days" },
  { id: "365", label: "1 year" },
  { id: "all", label: "All" },
];
const USUAL = "30";
const LONGEST = 3650; // days, which is what the API gives at most
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * The category, day, second day, metric and range of the address. What it leaves out is null or
 * the usual; a category or metric that the API does not know becomes the first or none.
 */
export function readRoute(categories) {
  const asked = new URLSearchParams(location.search);
  const day = (name) => (DAY.test(asked.get(name)) ? asked.get(name) : null);
  const category = categories.find(({ id }) => id === asked.get("category")) ?? categories[0];
  const metric = category?.metrics.find(({ id }) => id === asked.get("metric")) ?? null;
  const range = isRange(asked.get("range")) ? asked.get("range") : USUAL;
  return { category, metric, range, date: day("date"), compare: day("compare") };
}

/** The address of a route; what is usual is left out. */
export function addressOf({ category, metric, range, date, compare }) {
  const asked = new URLSearchParams({ category: category.id });
  if (date) asked.set("date", date);
  if (compare) asked.set("compare", compare);
  if (metric) asked.set("metric", metric.id);
  if (range !== USUAL) asked.set("range", range);
  return `?${asked}`;
}

/** Go to a route; the page follows its address. */
export function go(route) {
  history.pushState(null, "", addressOf(route));
  dispatchEvent(new PopStateEvent("popstate"));
}

/** The parameters of the trend request for a range that ends on `newest`. */
export function trendQuery(range, newest) {
  const [from, to] = range.split("..");
  if (to) return { from, to };
  return { days: range === "all" ? LONGEST : Number(range), to: newest };
}

/** Links of the first edition, `#ai_sector_risk/90`, go where they went. */
export function followOldLinks() {
  const [category, range] = decodeURI(location.hash.slice(1)).split("/");
  if (!range || location.search) return;
  const asked = new URLSearchParams({ category, range });
  history.replaceState(null, "", `${location.pathname}?${asked}`);
}

function isRange(text) {
  if (RANGES.some(({ id }) => id === text)) return true;
  const [from, to] = text?.split("..") ?? [];
  return DAY.test(from) && DAY.test(to) && from < to;
}
