// Small helpers shared by every module; no state.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const SVG = "http://www.w3.org/2000/svg";
// The address carries the sprite's hash; every page shows at least one icon.
const sprite = $("svg use")?.getAttribute("href").split("#")[0] ?? "";

/** Make an element; `children` are nodes or text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Make an icon of the sprite. */
export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `i ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** Call `handler(event, element)` for events on anything that matches, now or later. */
export function on(type, selector, handler, root = document) {
  root.addEventListener(type, (event) => {
    const target = event.target instanceof Element && event.target.closest(selector);
    if (target) handler(event, target);
  });
}

/** Say something to screen readers. */
export function announce(text) {
  const region = $("#live");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}

/** Tell whether a key press belongs to a text field. */
export function typing(event) {
  const target = event.target;
  return (
    target instanceof Element &&
    target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")
  );
}

export const phone = () => matchMedia("screen and (max-width: 760px)").matches;
