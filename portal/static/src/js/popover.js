// Native popovers open by themselves; this places them beside their opener and moves focus with the arrows.
import { $, $$, phone } from "./dom.js";

const GAP = 6;
const EDGE = 8;

/** Place a popover under (or, where there is no room, above) the box of its opener. */
export function place(popover, box, { align = "start" } = {}) {
  if (phone()) {
    popover.style.removeProperty("left");
    popover.style.removeProperty("top");
    return;
  }
  const { offsetWidth: width, offsetHeight: height } = popover;
  const preferred = align === "end" ? box.right - width : box.left;
  const left = Math.max(EDGE, Math.min(preferred, innerWidth - width - EDGE));
  const below = box.bottom + GAP;
  const fits = below + height <= innerHeight - EDGE;
  const top = fits ? below : Math.max(EDGE, box.top - height - GAP);
  popover.style.left = `${Math.round(left)}px`;
  popover.style.top = `${Math.round(top)}px`;
}

let pressed = null;
const openers = new WeakMap();

/** Remember where a popover was asked for; an opener may stand for a whole card, [data-anchor]; from inside another
 *  one it opens beside that, like a submenu. */
function press(event) {
  const opener = event.target.closest?.("[popovertarget]");
  if (!opener) return;
  const around = opener.closest(".pop:popover-open");
  const anchor = opener.closest("[data-anchor]");
  const box = (anchor ?? opener).getBoundingClientRect();
  const side = around && around.getBoundingClientRect().right + GAP;
  if (!opener.matches("[popovertargetaction=hide]"))
    openers.set(document.getElementById(opener.getAttribute("popovertarget")), opener);
  pressed = {
    id: opener.getAttribute("popovertarget"),
    around,
    anchor,
    box: around ? { left: side, right: side, top: box.top, bottom: box.top - 2 * GAP } : box,
  };
}

/** Bring the focus into what opened, which may lie over its opener, and back out of what closed: a browser
 *  does the latter for the outermost popover alone. */
function toggled(event) {
  const popover = event.target;
  if (!popover.matches?.("[popover]:not(.editor)")) return;
  if (event.newState === "open") {
    if (popover.matches(".pop")) beside(popover);
    items(popover)[0]?.focus();
  } else if (document.activeElement === document.body || !document.activeElement.checkVisibility())
    openers.get(popover)?.focus();
}

function beside(popover) {
  const box =
    pressed?.id === popover.id ? pressed.box : $(`[popovertarget="${popover.id}"]`)?.getBoundingClientRect();
  if (!box) return;
  place(popover, box, {
    align: box.left > innerWidth / 2 && !pressed?.around && !pressed?.anchor ? "end" : "start",
  });
}

const items = (popover) =>
  $$("a[href], button, input, select, textarea, summary", popover).filter(
    (node) => !node.disabled && node.offsetParent,
  );

function arrows(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const opener = event.target.closest?.("[popovertarget]");
  const open = opener && document.getElementById(opener.getAttribute("popovertarget"));
  const popover = open?.matches(".pop:popover-open")
    ? open
    : event.target.closest?.(".pop:popover-open:not(.editor)");
  if (
    !popover ||
    event.target.matches("input[type=text], input[type=search], input[type=date], select, textarea")
  )
    return;
  const all = items(popover);
  if (!all.length) return;
  event.preventDefault();
  const step = event.key === "ArrowDown" ? 1 : -1;
  const at = all.indexOf(document.activeElement);
  all[(at < 0 && step < 0 ? all.length - 1 : at + step + all.length) % all.length].focus();
}

export function startPopovers() {
  document.addEventListener("click", press, true);
  document.addEventListener("toggle", toggled, true);
  document.addEventListener("keydown", arrows);
}
