// The ticket workspace: drafts, sending with Ctrl Enter, and a Save button only once something differs.
import "./app.js";
import { chosenIn, startComboboxes } from "./combobox.js";
import { startConflict } from "./conflict.js";
import { $, $$, el, on } from "./dom.js";
import { startDrafts } from "./drafts.js";
import { single } from "./keys.js";
import { showListPosition } from "./list_position.js";
import { draw, tone } from "./values.js";

/** Draw a property as the value that is chosen now. */
function redraw(field) {
  const prop = field.closest(".prop.glyph");
  if (!prop) return;
  const { name, value } = field;
  const label = field.matches("select") ? field.selectedOptions[0].text : chosenIn(field.parentElement)[1];
  const [glyph] = draw(name, [value, label], ["assignee_id"]);
  if (name === "assignee_id") glyph.classList.add("xs");
  prop.firstElementChild.replaceWith(glyph);
  prop.className = `prop glyph ${tone(name, value)}`;
}

function watchProperties(form) {
  const save = $("[data-save]", form);
  if (!save) return;
  const fields = $$("select, .prop > input, .combo > [type=hidden]", form);
  const texts = $$(".combo > [type=text]", form);
  const show = () => {
    // A text that was typed into a box and not chosen yet is sent as it is.
    const isSeen = (field) => field.value === form.elements[`seen_${field.name}`].value;
    save.hidden =
      fields.every(isSeen) && texts.every((text) => !text.value || text.value === text.defaultValue);
  };
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, .combo > [type=hidden]")) redraw(event.target);
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

/** Take apart what one line says of somebody whom nobody knows: name, organization, address, number. */
function addPeople(part) {
  const form = part.closest("form");
  const { requester, requester_text: line } = form.elements;
  let asked = "";
  const fill = (name, value) => {
    if (value) form.elements[name].value = value;
  };
  line.addEventListener("nobody", async () => {
    const text = line.value.trim();
    if (requester.value || !text || text === asked) return;
    asked = text;
    const reply = await fetch(`${part.dataset.caller}?${new URLSearchParams({ q: text })}`, {
      headers: { Accept: "application/json" },
    }).catch(() => null);
    if (!reply?.ok || line.value.trim() !== text) return;
    const told = await reply.json();
    part.open = true;
    fill("person_name", told.name);
    fill("person_email", told.email);
    fill("person_phone", told.phone);
    fill("person_organization", told.organization_id);
    fill("person_organization_text", told.organization);
    const alike = told.alike.flatMap(({ name, email, url }, at) => [
      at ? ", " : "Alike: ",
      el("a", { href: url }, name),
      email ? ` (${email})` : "",
    ]);
    const unknown = told.unknown_organization
      ? `There is no organization “${told.unknown_organization}”. `
      : "";
    $("[data-alike]", part).replaceChildren(unknown, ...alike);
    line.value = "";
    form.elements[told.name ? "subject" : "person_name"].focus();
  });
}

/** Begin at the newest message also where the page scrolls as a whole, as it does on a phone on its side. */
function showNewest() {
  const timeline = $(".timeline-scroll");
  if (timeline && !location.hash && getComputedStyle(timeline).overflowY === "visible") {
    $("#composer")?.scrollIntoView({ block: "end" });
  }
}

startDrafts();
startComboboxes();
$$("[data-caller]").forEach(addPeople);
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
on("keydown", ".composer textarea, .sheet-form textarea", (event, field) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    field.form.requestSubmit($("button.ink", field.form));
  }
});
