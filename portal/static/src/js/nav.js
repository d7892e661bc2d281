// Navigation: a native popover on phones; on the desk the choice to fold it is kept in a cookie.
import { $, $$, on, phone } from "./dom.js";

const YEAR = 31536000;

function fold(closed) {
  if (closed) document.documentElement.dataset.nav = "closed";
  else delete document.documentElement.dataset.nav;
  document.cookie = `nav=${closed ? "closed" : "open"}; path=/; max-age=${YEAR}; samesite=lax`;
}

/** Let the age of a number grow while the page stays open. */
function grow() {
  const start = Date.now();
  const nodes = $$("[data-age]");
  if (!nodes.length) return;
  setInterval(() => {
    for (const node of nodes) {
      const seconds = Math.floor(+node.dataset.age + (Date.now() - start) / 1000);
      node.textContent =
        seconds < 60
          ? `${seconds} s`
          : seconds < 3600
            ? `${Math.floor(seconds / 60)} min`
            : `${Math.floor(seconds / 3600)} h`;
    }
  }, 1000);
}

export function startNav() {
  grow();
  on("click", "[data-nav-close], [data-nav-open]", (event, button) => {
    if (phone()) return;
    event.preventDefault();
    const closed = button.matches("[data-nav-close]");
    fold(closed);
    $(closed ? "[data-nav-open]" : "[data-nav-close]")?.focus();
  });
  on("click", "[data-panel]", (_, button) => {
    const panel = $("#panel");
    const open = panel.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    if (open) $("select, a, button", panel)?.focus();
  });
  const shut = () => {
    $("#panel").classList.remove("open");
    $("[data-panel]").setAttribute("aria-expanded", "false");
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !$("#panel.open") || $(":popover-open")) return;
    shut();
    $("[data-panel]").focus();
  });
  // It lies over the page: whoever tabs on sees what they come to.
  on("focusout", "#panel.open", ({ relatedTarget: to }, panel) => {
    if (to && !panel.contains(to) && !to.closest("[data-panel], #toasts")) shut();
  });
}
