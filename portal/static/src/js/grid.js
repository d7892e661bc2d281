// Grids: selection and bulk actions, J/K/X/Enter, density, filters, and the editor in the cell.
import "./app.js";
import { clear, count, startBulk } from "./bulk.js";
import { $, $$, on } from "./dom.js";
import { startInline } from "./inline.js";
import { single } from "./keys.js";
import { rememberList } from "./list_position.js";
import { startLookups } from "./lookup.js";

const link = (row) => $("a[href]", row);

function startRowKeys() {
  document.addEventListener("keydown", (event) => {
    if (!single(event)) return;
    const rows = $$(".grid tbody tr");
    const row = document.activeElement?.closest?.(".grid tbody tr");
    const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    // Arrows scroll the page until a row has been entered.
    if (step && rows.length && (row || event.key === "j" || event.key === "k")) {
      const to = rows[row ? rows.indexOf(row) + step : 0];
      if (!to) return;
      event.preventDefault();
      link(to)?.focus();
      to.scrollIntoView({ block: "nearest" });
    } else if (event.key === "x" && row) {
      const box = $("[name=rowid]", row);
      if (!box) return;
      box.checked = !box.checked;
      count();
    } else if (event.key === "Escape") clear();
  });
}

function startDensity() {
  on("click", "[data-density]", (event, button) => {
    event.preventDefault();
    const compact = $(".grid")?.classList.toggle("compact") ?? false;
    button.setAttribute("aria-pressed", String(compact));
    button.value = compact ? "roomy" : "compact";
    document.cookie = `density=${compact ? "compact" : "roomy"}; path=/; max-age=31536000; samesite=lax`;
  });
}

/** Leave empty fields out of the address, so that it says what is filtered and nothing else. */
function startFilters() {
  $("#filters")?.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
}

const data = $("#grid-data");
if (data) {
  const config = JSON.parse(data.textContent);
  startInline(config);
  startBulk(config);
}
startRowKeys();
startDensity();
startFilters();
startLookups();
rememberList();
