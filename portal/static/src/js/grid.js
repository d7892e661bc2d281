// Grids: selection and the floating bulk bar, J/K/X/Enter, density, and the editor in the cell.
import "./app.js";
import { $, $$, announce, on } from "./dom.js";
import { startInline } from "./inline.js";
import { single } from "./keys.js";

const boxes = () => $$(".grid tbody .check");
let last = null;

function count() {
  const chosen = boxes().filter((box) => box.checked);
  const all = $("[data-all]");
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === boxes().length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  const bar = $("[data-bulk]");
  if (!bar) return;
  const was = bar.hidden;
  bar.hidden = chosen.length === 0;
  $("[data-count]", bar).textContent = chosen.length;
  if (was !== bar.hidden || chosen.length) announce(`${chosen.length} selected`);
}

function startSelection() {
  on("change", ".grid tbody .check", count);
  on("click", ".grid tbody .check", (event, box) => {
    if (event.shiftKey && last) {
      const all = boxes();
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const between of all.slice(from, to + 1)) between.checked = box.checked;
      count();
    }
    last = box;
  });
  on("change", "[data-all]", (_, all) => {
    for (const box of boxes()) box.checked = all.checked;
    count();
  });
  on("click", "[data-clear]", () => {
    for (const box of boxes()) box.checked = false;
    count();
    $(".grid tbody .check")?.focus();
  });
  addEventListener("pageshow", count);
}

const link = (row) => $("a[href]", row);

function startRowKeys() {
  document.addEventListener("keydown", (event) => {
    if (!single(event)) return;
    const rows = $$(".grid tbody tr");
    const row = document.activeElement?.closest?.(".grid tbody tr");
    const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    // Arrows belong to the page until a row has been entered.
    if (step && rows.length && (row || event.key === "j" || event.key === "k")) {
      const to = rows[row ? rows.indexOf(row) + step : 0];
      if (!to) return;
      event.preventDefault();
      link(to)?.focus();
      to.scrollIntoView({ block: "nearest" });
    } else if (event.key === "x" && row) {
      const box = $(".check", row);
      if (!box) return;
      box.checked = !box.checked;
      count();
    }
  });
}

function startDensity() {
  on("click", "[data-density]", (_, button) => {
    const compact = $(".grid").classList.toggle("compact");
    button.setAttribute("aria-pressed", String(compact));
    document.cookie = `density=${compact ? "compact" : "roomy"}; path=/; max-age=31536000; samesite=lax`;
  });
}

startInline();
startSelection();
startRowKeys();
startDensity();
