/** What is shown, as the address says it: `#ai_sector_risk/90`. */

export const RANGES = [
  { days: 7, label: "7 days" },
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "1 year" },
];
const USUAL = 30;

/** The category and range of the address; what it does not know becomes the usual. */
export function readRoute(categories) {
  const [id, days] = location.hash.slice(1).split("/").map(decoded);
  const category = categories.find((each) => each.id === id) ?? categories[0];
  const range = RANGES.find((each) => String(each.days) === days);
  return { category, days: range?.days ?? USUAL };
}

/** Go to a category and range; the page follows its address. */
export function go(categoryId, days) {
  location.hash = `${encodeURIComponent(categoryId)}/${days}`;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
