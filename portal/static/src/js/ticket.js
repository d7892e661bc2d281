// The ticket workspace: drafts, sending with Ctrl Enter, and a Save button only once something differs.
import "./app.js";
import { $, $$, on } from "./dom.js";
import { startDrafts } from "./drafts.js";

function watchProperties(form) {
  const save = $("[data-save]", form);
  if (!save) return;
  const fields = $$("select", form);
  const show = () => { save.hidden = fields.every((field) => [...field.options].every((option) => option.selected === option.defaultSelected)); };
  form.addEventListener("change", show);
  addEventListener("pageshow", show);
  show();
}

startDrafts();
$$("[data-properties]").forEach(watchProperties);
on("keydown", ".composer textarea", (event, field) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    field.form.requestSubmit($(".split .btn", field.form));
  }
});
