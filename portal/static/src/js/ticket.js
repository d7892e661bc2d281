// The ticket workspace: drafts, sending with Ctrl Enter, and a Save button only once something differs.
import "./app.js";
import { startConflict } from "./conflict.js";
import { $, $$, on } from "./dom.js";
import { startDrafts } from "./drafts.js";
import { single } from "./keys.js";
import { showListPosition } from "./list_position.js";
import { draw, tone } from "./values.js";

/** Draw a property as the value that is chosen now. */
function redraw({ name, value, parentElement: prop, selectedOptions: [option] }) {
  if (!prop.matches(".glyph")) return;
  const [glyph] = draw(name, [value, option.text], ["assignee_id"]);
  if (name === "assignee_id") glyph.classList.add("xs");
  prop.firstElementChild.replaceWith(glyph);
  prop.className = `prop glyph ${tone(name, value)}`;
}

function watchProperties(form) {
  const save = $("[data-save]", form);
  if (!save) return;
  const fields = $$("select, .prop > input", form);
  const show = () => {
    save.hidden = fields.every((field) => field.value === form.elements[`seen_${field.name}`].value);
  };
  form.addEventListener("change", (event) => {
    if (event.target.matches("select")) redraw(event.target);
    show();
  });
  form.addEventListener("input", show);
  addEventListener("pageshow", show);
  show();
}

/** Let this browser remember which groups of the side panel are closed, once the one that was clicked has turned:
 *  it does so after the click, when the next page may already have been asked for. */
function keepFolded(turning) {
  const closed = $$("[data-group]")
    .filter((group) => group.open === (group === turning))
    .map((group) => group.dataset.group);
  document.cookie = `folded=${closed.join(".")}; path=/desk; max-age=31536000; samesite=lax`;
}

/** Begin at the newest message also where the page scrolls as a whole, as it does on a phone on its side. */
function showNewest() {
  const timeline = $(".timeline-scroll");
  if (timeline && !location.hash && getComputedStyle(timeline).overflowY === "visible") {
    $("#composer")?.scrollIntoView({ block: "end" });
  }
}

startDrafts();
showListPosition();
showNewest();
$$("[data-conflict]").forEach(startConflict);
for (const group of $$("[data-group]")) {
  $("summary", group).addEventListener("click", () => keepFolded(group));
}
$$("[data-properties]").forEach(watchProperties);
document.addEventListener("keydown", (event) => {
  if (event.key === "i" && single(event)) $("[data-take]")?.click();
});
on("keydown", ".composer textarea", (event, field) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    field.form.requestSubmit($(".split .btn", field.form));
  }
});
