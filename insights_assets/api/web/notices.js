/** What is said above the figures: where the data come from, and why there is nothing to see. */

import { button, el } from "./dom.js";
import { listText, percentText } from "./words.js";

/** What a reader must know before the figures; most days it is nothing. */
export function warnings(snapshot) {
  const notices = [];
  if (snapshot.source_note) {
    notices.push(notice("source", "About the data.", snapshot.source_note));
  }
  if (snapshot.timeliness?.note) {
    notices.push(notice("warning", "Not the newest.", snapshot.timeliness.note));
  }
  return notices;
}

/** How sure the number is, in words: coverage, and what rests on less than fresh data. */
export function certainty({ coverage, metrics, unavailable }) {
  const weak = metrics.filter(({ quality }) => quality !== "fresh");
  const words = [`${percentText(coverage)} of the weight`];
  if (unavailable.length > 0) words.push(`without ${listText(unavailable.map(({ title }) => title))}`);
  for (const { title, quality } of weak) words.push(`${title} is ${quality}`);
  return words.length === 1 && coverage >= 1 ? "All metrics, all data fresh" : words.join(", ");
}

export const loading = () => el("p", { class: "loading" }, "Loading the latest snapshot…");

/** The API works and has no snapshot: say what will be there. */
export function nothingYet(category, detail) {
  const names = category.metrics.map((each) => `${each.title} (${percentText(each.weight)})`);
  const box = notice("empty", "Nothing to show yet.", detail);
  box.append(el("p", {}, `The first run will show the composite of ${listText(names)}.`));
  return box;
}

/** The address names a day that has no snapshot. */
export function noSuchDay(category, detail) {
  const link = el("a", { href: `?category=${encodeURIComponent(category.id)}` }, "Show the latest");
  return notice("empty", "No snapshot of that day.", detail, link);
}

/** The API serves no category at all. */
export const nothingServed = () => notice("empty", "Nothing to show.", "The API serves no category.");

/** Something did not come; `onRetry` asks for it again. */
export const unreachable = (headline, text, onRetry) =>
  notice("error", headline, text, button({ class: "primary" }, onRetry, "Try again"));

/** Ask for the read token once; `onToken` gets it. */
export function tokenForm(wasRefused, onToken) {
  const input = el("input", {
    id: "token",
    type: "password",
    required: "",
    autocomplete: "off",
    spellcheck: "false",
  });
  const form = el(
    "form",
    { class: "notice", "data-kind": "token" },
    el("strong", {}, wasRefused ? "That token was not accepted." : "These figures are protected."),
    el("label", { for: "token" }, "Read token"),
    input,
    el("button", { type: "submit", class: "primary" }, "Show the figures"),
    el("p", {}, "It is kept until this tab is closed."),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onToken(input.value.trim());
  });
  return form;
}

function notice(kind, headline, text, ...rest) {
  const words = el("p", {}, el("strong", {}, headline), ` ${text}`);
  return el("div", { class: "notice", "data-kind": kind }, words, ...rest);
}
