/** Elements without markup: every text goes in as text, so nothing that is stored can inject. */

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** Create an HTML element; children are nodes or texts, and what is null is left out. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Create an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Text for screen readers only. */
export const unseen = (text) => el("span", { class: "unseen" }, text);

/** Create a button that calls `onClick`. */
export function button(attributes, onClick, ...children) {
  const made = el("button", { type: "button", ...attributes }, ...children);
  made.addEventListener("click", onClick);
  return made;
}

/** The colour that a custom property has in the present theme, as a canvas understands it. */
export function colourOf(property) {
  const probe = el("span", { hidden: "" });
  probe.style.setProperty("color", `var(${property})`);
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
