/** Which day is shown: one back, one on, any day, and a second one to compare it with. */

import { byId, el } from "./dom.js";
import { addressOf, go } from "./route.js";
import { longDate } from "./words.js";

/** A link that shows `day` with everything else as it is. */
export const dayLink = (route, day, text) =>
  el("a", { href: addressOf({ ...route, date: day, compare: null }) }, text);

/** Show which day it is in `host`, with the ways to others; `newest` is the latest day stored. */
export function showDays(host, route, snapshot, newest) {
  const isPast = snapshot.date !== newest;
  const chooser = dateInput("Show the day", snapshot.date, newest, (date) =>
    go({ ...route, date: date === newest ? null : date, compare: null }),
  );
  const second = dateInput("Compare with", route.compare ?? "", newest, (compare) =>
    go({ ...route, date: snapshot.date, compare: compare || null }),
  );
  host.replaceChildren(
    el("p", { class: "day" }, longDate(snapshot.date), isPast ? " (a past day)" : ""),
    chooser,
    second,
    isPast || route.compare
      ? el("a", { href: addressOf({ ...route, date: null, compare: null }) }, "Back to the latest")
      : "",
  );
}

function dateInput(label, value, max, onDate) {
  const input = el("input", { type: "date", value, max });
  input.addEventListener("change", () => {
    if (input.validity.valid) onDate(input.value);
  });
  return el("label", {}, `${label} `, input);
}

/** Leave `host` empty where no day is shown. */
export const hideDays = () => byId("days").replaceChildren();
