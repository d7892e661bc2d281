// Choices that are looked up, in filters and forms: what is typed finds boxes to tick, above them what is ticked already.
import { $, $$, announce, el } from "./dom.js";
import { lookUp } from "./values.js";

const PAUSE_MS = 100;

function start(part) {
  const input = $("input[type=search]", part);
  const checks = $("[data-name]", part);
  const filter = part.closest("[popover]");
  const find = input.name;
  let asked = null;
  let timer;

  /** What is ticked is the filter, then; the text is only for looking up. In a form it has found what is ticked. */
  const settle = () => {
    if (filter) input.name = $("input:checked", checks) ? "" : find;
    else input.value = "";
  };

  async function fill() {
    const text = input.value.trim();
    if (text === asked) return;
    asked = text;
    let found;
    try {
      found = await lookUp(part.dataset.lookup, text);
    } catch {
      asked = null;
      return; // the text itself still filters
    }
    if (text !== asked) return;
    for (const box of $$("input", checks)) if (!box.checked && box.value !== "-") box.parentElement.remove();
    const known = new Set($$("input", checks).map((box) => box.value));
    const fresh = found.filter(([value]) => !known.has(value));
    checks.append(
      ...fresh.map(([value, label, note]) =>
        el(
          "label",
          { class: filter ? "" : "choice" },
          el("input", { class: "check", type: "checkbox", name: checks.dataset.name, value }),
          el("span", { class: "cut" }, label),
          note ? el("span", { class: "end cut" }, note) : null,
        ),
      ),
    );
    announce(found.length === 1 ? "1 match" : `${found.length} matches`);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(fill, PAUSE_MS);
  });
  checks.addEventListener("change", settle);
  if (filter) {
    filter.addEventListener("beforetoggle", fill, { once: true });
    settle();
  }
}

export function startLookups() {
  $$(".lookup").forEach(start);
}
