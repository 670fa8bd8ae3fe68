/** The lines of the trend chart as buttons: a click switches one, a double click isolates it. */

import { button, byId, el } from "./dom.js";
import { lineColour } from "./score_chart.js";
import { AVERAGE, COMPOSITE } from "./series.js";
import { scoreText } from "./words.js";

const shown = new Set([COMPOSITE, AVERAGE]);

export const isShown = (id) => shown.has(id);

/** Make a button for each of `lines`; `onSwitch` hears when what is shown has changed. */
export function showLegend(lines, onSwitch) {
  const apply = () => {
    for (const each of byId("legend").children) {
      each.setAttribute("aria-pressed", String(shown.has(each.dataset.line)));
    }
    onSwitch();
  };
  byId("legend").replaceChildren(
    ...lines.map(({ id, title }, n) => {
      const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.setProperty("background", `var(${lineColour(n)})`);
      const value = el("span", { class: "legend-value", "aria-hidden": "true" });
      const toggle = button({ "data-line": id }, () => (turn(id), apply()), swatch, title, value);
      toggle.setAttribute("aria-pressed", String(shown.has(id)));
      toggle.addEventListener("dblclick", () => (isolate(id, lines), apply()));
      return toggle;
    }),
  );
}

/** Write the reading of the day at `at` beside each line. */
export function fillLegend(lines, at) {
  [...byId("legend").children].forEach((toggle, n) => {
    const reading = lines[n].readings[at];
    toggle.querySelector(".legend-value").textContent = reading ? scoreText(reading.score) : "–";
  });
}

function turn(id) {
  if (!shown.delete(id)) shown.add(id);
}

/** Show `id` alone; when it is alone already, show everything. */
function isolate(id, lines) {
  const isAlone = shown.size === 1 && shown.has(id);
  shown.clear();
  for (const line of isAlone ? lines : [{ id }]) shown.add(line.id);
}
