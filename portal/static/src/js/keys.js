// Single keys, which a person can switch off where they are listed: / searches, ? lists. Grids add their own.
import { show } from "./dialog.js";
import { $, on, typing } from "./dom.js";

const SETTING = "ledgerdesk:keys";

function stored() {
  try {
    return localStorage.getItem(SETTING);
  } catch {
    return null;
  }
}

/** Tell whether a plain key press is ours to act on. */
export function single(event) {
  return !(
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.defaultPrevented ||
    typing(event) ||
    $(":popover-open, dialog[open]") ||
    stored() === "off"
  );
}

export function startKeys() {
  const box = $("[data-keys]");
  if (box) box.checked = stored() !== "off";
  on("change", "[data-keys]", (_, input) => {
    try {
      localStorage.setItem(SETTING, input.checked ? "on" : "off");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
  on("click", "[data-keys-help]", () => show($("#keys")));
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && single(event)) show($("#keys"));
    if (event.key === "c" && single(event)) $("[data-call]")?.click();
    if (event.key !== "/" || !single(event)) return;
    const search = $("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}
