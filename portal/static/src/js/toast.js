// Toasts: eight seconds, paused while somebody points at or focuses one; errors stay.
import { $, $$, el, icon, on } from "./dom.js";

const SHOWN_MS = 8000;
const MOST = 3;
const GLYPH = { success: "check-circle", info: "info", error: "error" };

function watch(toast) {
  if (toast.dataset.toast === "error") return;
  let left = SHOWN_MS;
  let started = Date.now();
  let timer = setTimeout(() => toast.remove(), left);
  const pause = () => {
    clearTimeout(timer);
    left -= Date.now() - started;
  };
  const resume = () => {
    started = Date.now();
    timer = setTimeout(() => toast.remove(), Math.max(left, 1500));
  };
  toast.addEventListener("pointerenter", pause);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("focusout", resume);
}

/** Show one line; kind is success, info or error; action is {label, run} or nothing. */
export function toast(text, kind = "success", action = null) {
  const close = el("button", { type: "button", class: "close", "aria-label": "Close" }, icon("x"));
  const node = el(
    "div",
    { class: `toast ${kind}`, "data-toast": kind },
    icon(GLYPH[kind]),
    el("span", { class: "grow" }, text),
  );
  if (action) {
    const button = el("button", { type: "button", class: "linkish" }, action.label);
    button.addEventListener("click", () => {
      node.remove();
      action.run();
    });
    node.append(button);
  }
  node.append(close);
  $("#toasts")?.append(node);
  for (const old of $$(".toast:not(.error)").slice(0, -MOST)) old.remove();
  watch(node);
}

export function startToasts() {
  $$("#toasts [data-toast]").forEach(watch);
  on("click", ".toast .close", (_, button) => button.closest(".toast").remove());
}
