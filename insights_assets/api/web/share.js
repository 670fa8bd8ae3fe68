/** The ways out of the page: the link to it, the numbers as a file, the API. */

import { addressOf as apiAddress, getCsv } from "./api.js";
import { button, byId, el } from "./dom.js";

/** Fill the row of links for what is shown. */
export function showShare(category, snapshot, query) {
  byId("share").replaceChildren(
    button({}, copyLink, "Copy link"),
    button({}, (event) => download(event.target, category, query), "Download CSV"),
    el("a", { href: apiAddress(category.id, { date: snapshot.date }) }, "This snapshot as JSON"),
  );
}

async function copyLink(event) {
  const { target } = event;
  try {
    await navigator.clipboard.writeText(location.href);
    say(target, "Copied");
  } catch {
    say(target, "Copy it from the address bar");
  }
}

async function download(target, category, query) {
  try {
    const address = URL.createObjectURL(await getCsv(category.id, query));
    el("a", { href: address, download: `${category.id}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    say(target, error.message);
  }
}

/** Say what a button did, for as long as somebody reads it. */
function say(target, text) {
  const usual = target.textContent;
  target.textContent = text;
  byId("said").textContent = text;
  setTimeout(() => (target.textContent = usual), 2500);
}
