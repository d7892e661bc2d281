// A search box above a list of boxes to tick: by any part of a name, without case and accents. What is ticked stays.
import { $, $$, on } from "./dom.js";
import { contains, words } from "./values.js";

export function startNarrow() {
  on("input", "[data-narrows]", (_, box) => {
    const searched = words(box.value);
    for (const choice of $$(`[id="${box.dataset.narrows}"] > label`))
      choice.hidden = !$("input", choice).checked && !contains(choice.textContent, searched);
  });
  on("keydown", "[data-narrows]", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it would send the form
  });
}
