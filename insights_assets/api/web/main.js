/** The page: asks the API for what the address names, shows it, and asks again now and then. */

import * as api from "./api.js";
import { showCards } from "./cards.js";
import { comparison } from "./compare.js";
import { showContributions } from "./contributions.js";
import { dayLink, hideDays, showDays } from "./days.js";
import { byId, el } from "./dom.js";
import { provenanceText, showFacts } from "./facts.js";
import { showGauge } from "./gauge.js";
import { hideMetric, showMetric } from "./metric.js";
import * as notices from "./notices.js";
import { showPast } from "./past.js";
import { followOldLinks, go, readRoute, trendQuery } from "./route.js";
import { columnsOf } from "./series.js";
import { showShare } from "./share.js";
import { setUpTheme } from "./theme.js";
import { hideTrend, markRange, redrawTrend, setUpTrend, showTrend } from "./trend.js";
import { capital, longDate, scoreText } from "./words.js";

const REFRESH_AFTER = 5 * 60_000;
const MONTH = "30";

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
  let route = { category: null };
  try {
    const served = await api.getCategories();
    if (isOld()) return;
    categories = served;
    if (categories.length === 0) {
      showNothing(notices.nothingServed());
      return;
    }
    route = readRoute(categories);
    showCategory(route.category);
    markRange(route.range);
    const shown = await everythingFor(route);
    if (isOld()) return;
    showSnapshot(route, shown);
    showTrendOrRetry(shown.trend, route.category, shown.snapshot.category.bands);
  } catch (error) {
    if (!isOld()) showFailure(error, route);
  } finally {
    if (!isOld()) byId("main").setAttribute("aria-busy", "false");
  }
}

/** The snapshots, and the trends that end with the newest of them. */
async function everythingFor({ category, date, compare, metric, range }) {
  const [latest, past, other] = await Promise.all([
    api.getSnapshot(category.id),
    date && api.getSnapshot(category.id, date),
    compare && api.getSnapshot(category.id, compare),
  ]);
  const snapshot = past ?? latest;
  const query = trendQuery(metric ? "all" : range, latest.date);
  const ask = (wanted) => api.getTrend(category.id, wanted).catch(() => null);
  const [trend, month] = await Promise.all([
    ask(query),
    ask(trendQuery(MONTH, snapshot.date)),
  ]);
  return { snapshot, other, trend, month, query, newest: latest.date };
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

function showSnapshot(route, { snapshot, other, month, query, newest, trend }) {
  const { category, metric } = route;
  const { composite, context } = snapshot;
  byId("content").hidden = false;
  say(...notices.warnings(snapshot));
  showDays(byId("days"), route, snapshot, newest);
  byId("headline").textContent = context?.headline ?? "";
  showGauge(byId("gauge"), composite, snapshot.category.bands, context?.ago);
  byId("certainty").textContent = notices.certainty(snapshot);
  showFacts(byId("facts"), snapshot, month);
  showPast(byId("past"), snapshot, (day, text) => dayLink(route, day, text));
  showContributions(byId("contributions"), snapshot);
  const columns = month && columnsOf(month, category);
  showCards(byId("cards"), route, snapshot, month, columns);
  byId("comparison").hidden = !other;
  byId("comparison-table").replaceChildren(...(other ? [comparison(category, snapshot, other)] : []));
  showShare(category, snapshot, query);
  if (metric) showMetric(route, snapshot, trend);
  else hideMetric();
  byId("provenance").textContent = provenanceText(snapshot);
  document.title = titleFor(route, snapshot);
  onScreen = category.id;
}

function titleFor({ category, date, metric }, { composite, date: day }) {
  const what = metric ? `${metric.title}, ${category.title}` : category.title;
  const when = date ? ` on ${longDate(day)}` : "";
  return `${what}${when}: ${scoreText(composite.score)}, ${capital(composite.status)}`;
}

function showTrendOrRetry(trend, category, limits) {
  if (trend) showTrend(trend, category, limits);
  else hideTrend(notices.unreachable("The trend cannot be loaded.", "The rest is shown.", retry));
}

function showFailure(error, { category, date }) {
  if (error instanceof api.NeedsToken) {
    const wasRefused = api.hasToken();
    api.forgetToken();
    showNothing(notices.tokenForm(wasRefused, useToken));
  } else if (error instanceof api.NothingThere && date) {
    showNothing(notices.noSuchDay(category, error.message));
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
  hideDays();
  hideMetric();
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

const routeNow = () => readRoute(categories);

followOldLinks();
setUpTheme(byId("theme"), () => redrawTrend());
setUpTrend(
  (range) => go({ ...routeNow(), range }),
  (date) => go({ ...routeNow(), date, compare: null }),
);
byId("category").addEventListener("change", ({ target }) => {
  const category = categories.find(({ id }) => id === target.value);
  go({ category, metric: null, range: routeNow().range, date: null, compare: null });
});
addEventListener("popstate", load);
document.addEventListener("visibilitychange", loadIfOld);
setInterval(loadIfOld, 15_000);
load();
