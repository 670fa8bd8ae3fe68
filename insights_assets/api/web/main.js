/** The page: asks the API for what the address names, shows it, and asks again now and then. */

import * as api from "./api.js";
import { showCards } from "./cards.js";
import { byId, el } from "./dom.js";
import { provenanceText, showFacts } from "./facts.js";
import { showGauge } from "./gauge.js";
import * as notices from "./notices.js";
import { go, readRoute } from "./route.js";
import { columnsOf } from "./series.js";
import { setUpTheme } from "./theme.js";
import { hideTrend, markRange, redrawTrend, setUpTrend, showTrend } from "./trend.js";
import { capital, scoreText } from "./words.js";

const REFRESH_AFTER = 5 * 60_000;
const MONTH = 30;

let categories = [];
let turn = 0; // answers to an earlier question are not shown
let asked = 0;
let onScreen = null; // the category whose snapshot is shown

/** Ask for everything that the address names. What is on the screen stays until the answer. */
async function load() {
  const mine = (turn += 1);
  const isOld = () => mine !== turn;
  asked = Date.now();
  byId("main").setAttribute("aria-busy", "true");
  if (!onScreen) byId("notices").replaceChildren(notices.loading());
  let category = null;
  try {
    const served = await api.getCategories();
    if (isOld()) return;
    categories = served;
    if (categories.length === 0) {
      showNothing(notices.nothingServed());
      return;
    }
    const route = readRoute(categories);
    category = route.category;
    showCategory(category);
    markRange(route.days);
    const months = api.getTrend(category.id, MONTH).catch(() => null);
    const trends = route.days === MONTH ? months : api.getTrend(category.id, route.days);
    const [snapshot, month, trend] = await Promise.all([
      api.getSnapshot(category.id),
      months,
      trends.catch(() => null),
    ]);
    if (isOld()) return;
    showSnapshot(category, snapshot, month);
    showTrendOrRetry(trend, category, snapshot.category.bands);
  } catch (error) {
    if (!isOld()) showFailure(error, category);
  } finally {
    if (!isOld()) byId("main").setAttribute("aria-busy", "false");
  }
}

function showCategory({ id, title, description }) {
  if (onScreen !== null && onScreen !== id) showNothing(notices.loading());
  byId("title").textContent = title;
  byId("description").textContent = description;
  byId("chooser").hidden = categories.length < 2;
  byId("category").replaceChildren(
    ...categories.map((each) => el("option", { value: each.id }, each.title)),
  );
  byId("category").value = id;
}

function showSnapshot(category, snapshot, month) {
  const { composite } = snapshot;
  byId("content").hidden = false;
  say(...notices.warnings(snapshot));
  showGauge(byId("gauge"), composite, snapshot.category.bands);
  showFacts(byId("facts"), snapshot, month);
  const columns = month && columnsOf(month, category);
  showCards(byId("cards"), category, snapshot, month, columns);
  byId("provenance").textContent = provenanceText(snapshot);
  document.title = `${category.title}: ${scoreText(composite.score)}, ${capital(composite.status)}`;
  onScreen = category.id;
}

function showTrendOrRetry(trend, category, limits) {
  if (trend) showTrend(trend, category, limits);
  else hideTrend(notices.unreachable("The trend cannot be loaded.", "The rest is shown.", retry));
}

function showFailure(error, category) {
  if (error instanceof api.NeedsToken) {
    const wasRefused = api.hasToken();
    api.forgetToken();
    showNothing(notices.tokenForm(wasRefused, useToken));
  } else if (error instanceof api.NothingThere && category) {
    showNothing(notices.nothingYet(category, error.message));
  } else if (error instanceof api.Unreachable || error instanceof api.NothingThere) {
    const [headline, meanwhile] = onScreen
      ? ["The figures cannot be refreshed.", " What you see is from the last answer."]
      : ["The figures cannot be loaded.", ""];
    const text = error.message + meanwhile;
    say(notices.unreachable(headline, text, retry));
  } else {
    throw error; // ours: it belongs into the console
  }
}

/** Replace what is said above the figures, unless it is the same: it would be read out again. */
function say(...said) {
  const host = byId("notices");
  if (said.map((each) => each.textContent).join("") !== host.textContent) {
    host.replaceChildren(...said);
  }
}

/** Say `notice` and take away every figure. */
function showNothing(notice) {
  onScreen = null;
  byId("content").hidden = true;
  byId("notices").replaceChildren(notice);
  byId("provenance").textContent = "";
  hideTrend();
}

/** Load for somebody whose button or form is about to go: the focus needs a new place. */
function retry() {
  byId("title").focus({ preventScroll: true });
  load();
}

function useToken(token) {
  api.keepToken(token);
  retry();
}

function loadIfOld() {
  if (document.visibilityState === "visible" && Date.now() - asked >= REFRESH_AFTER) load();
}

setUpTheme(byId("theme"), () => redrawTrend());
setUpTrend((days) => go(readRoute(categories).category.id, days));
byId("category").addEventListener("change", (event) => {
  go(event.target.value, readRoute(categories).days);
});
addEventListener("hashchange", load);
document.addEventListener("visibilitychange", loadIfOld);
setInterval(loadIfOld, 15_000);
load();
