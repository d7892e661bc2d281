// The conflict page: the sentence that says what will be saved, and the reply that waits in the composer.
import { $, $$ } from "./dom.js";
import { draftOf } from "./drafts.js";

const list = (parts) => parts.join(", ").replace(/, ([^,]*)$/, " and $1");

function showSummary(form) {
  const hint = $("[data-saves]", form);
  const message = hint.dataset.saves;
  const fields = $$("[data-says]", form)
    .filter((input) => input.type === "hidden" || input.checked)
    .map((input) => input.dataset.says);
  const saved = fields.length ? `${message ? "saves" : "Saves"} ${list(fields)}` : "";
  const sent = message && `Sends your ${message}`;
  const undo = fields.length ? ` You can undo ${message ? "the change" : "it"}.` : "";
  hint.textContent =
    sent || saved
      ? `${[sent, saved].filter(Boolean).join(", ")}.${undo}`
      : "Saves none of your values. Theirs stay.";
}

function showUnsent(box) {
  const body = draftOf(box.dataset.unsent)?.values.body?.trim();
  if (!body) return;
  $("summary span", box).textContent =
    `Your unsent reply (${body.length} characters) is kept in the message box.`;
  $("p", box).textContent = body;
  box.hidden = false;
}

export function startConflict(form) {
  form.addEventListener("change", () => showSummary(form));
  showSummary(form);
  $$("[data-unsent]", form).forEach(showUnsent);
}
