// Editing in a grid's cell. Enter saves, Tab saves and goes on, Esc cancels; a conflict opens in place,
// with theirs kept unless one says otherwise.
import { $, $$, announce, el, on } from "./dom.js";
import { post, Refused } from "./net.js";
import { pick } from "./picker.js";
import { place } from "./popover.js";
import { toast } from "./toast.js";
import { choices, draw, finder, textOf, tone } from "./values.js";

let config;

const rowKey = (row) => row.dataset.k ?? $("[name=rowid]", row).value;

function split(row) {
  const key = rowKey(row);
  const at = key.lastIndexOf(":");
  return { pk: key.slice(0, at), version: key.slice(at + 1) };
}

/** Which field a cell shows stands once, in the head of its column. */
const fieldOf = (cell) => {
  const td = cell.closest("td");
  return td.closest("table").tHead.rows[0].cells[td.cellIndex].dataset.f;
};

function setVersion(row, version) {
  const key = `${split(row).pk}:${version ?? ""}`;
  if (row.dataset.k) row.dataset.k = key;
  const box = $("[name=rowid]", row);
  if (box) box.value = key;
}

/** A row that was changed just now says so. */
function changed(row, version) {
  setVersion(row, version);
  const at = $("td.u", row);
  if (at) at.textContent = "now";
}

/** A status or a priority stands in the cell's class, every other value in its data. */
const currentValue = (cell) => cell.dataset.v ?? /\b[sp]-(\w+)/.exec(cell.className)[1];

/** Show a choice in a cell. */
function render(cell, choice) {
  const field = fieldOf(cell);
  cell.dataset.v = choice[0];
  cell.className = `ed ${tone(field, choice[0])}`;
  cell.replaceChildren(...draw(field, choice, config.people));
}

function next(cell, step) {
  const cells = $$("button.ed:not([disabled])").filter((other) => other.offsetParent);
  return cells[cells.indexOf(cell) + step];
}

/** Of the statuses, only those that may follow the present one. */
function allowed(field, value, offered) {
  const next = field === "status" && config.allowed[value];
  return next ? offered.filter(([status]) => next.includes(status)) : offered;
}

/** What the cell shows stays among the offered, or Tab would replace what cannot be chosen any more. */
function withPresent(offered, value, cell) {
  return !offered || offered.some(([known]) => known === value)
    ? offered
    : [[value, textOf(cell)], ...offered];
}

function edit(cell) {
  const field = fieldOf(cell);
  const value = currentValue(cell);
  const offered = config.fields[field];
  if (!offered) return;
  const row = cell.closest("tr");
  const person = config.people.includes(field);
  const team = person && $(".t", row)?.textContent.trim();
  const offers = withPresent(allowed(field, value, choices(offered.offered)), value, cell);
  const isNear = ([, , , teams]) => teams?.split(", ").includes(team);
  const name =
    $("[name=rowid]", row)?.ariaLabel.replace("Select ", "") ?? $("a", row)?.textContent ?? split(row).pk;
  pick({
    title: `${offered.label}, ${name}`,
    head: person ? `Assign ${name}` : `${offered.label} of ${name}`,
    headOf: (found) =>
      person
        ? `Assign ${name}${team && found.some(isNear) ? ` · people in ${team} first` : ""}`
        : `${offered.label} of ${name}`,
    about: name.startsWith("#") ? $(".two > a", row)?.textContent : null,
    field,
    people: config.people,
    choices: offers,
    find: finder(offered.offered, team),
    current: value,
    anchor: cell,
    over: true,
    steps: true,
    maxlength: offered.maxlength,
    pick: (choice, step) => {
      const following = step && next(cell, step);
      if (following) {
        following.scrollIntoView({ block: "nearest" });
        edit(following);
      } else cell.focus();
      if (choice[0] !== value) save(cell, choice, value);
    },
  });
}

async function save(cell, choice, old) {
  const row = cell.closest("tr");
  const field = fieldOf(cell);
  const before = [...cell.childNodes];
  const was = cell.className;
  const previous = textOf(cell);
  render(cell, choice);
  cell.classList.add("saving");
  try {
    const { offered } = config.fields[field];
    const known = offered?.lookup ? null : choices(offered);
    // A value that is no longer offered cannot be named as the one that was seen; the version says enough.
    const seen = !known || known.some(([value]) => value === old) ? { old } : {};
    const saved = await post(
      config.update_url,
      { ...split(row), field, value: choice[0], ...seen },
      { json: true },
    );
    changed(row, saved.version);
    cell.classList.remove("saving");
    const message = `${config.fields[field].label} saved: ${choice[1]}`;
    if (saved.undo)
      toast(`#${split(row).pk}: ${message}`, "success", {
        label: "Undo",
        run: () => undo(cell, saved.undo, [old, previous]),
      });
    else announce(message);
  } catch (refused) {
    cell.replaceChildren(...before);
    cell.className = was;
    cell.dataset.v = old;
    if (refused instanceof Refused && refused.data.conflict) showConflict(cell, choice, refused.data);
    else
      toast(
        refused.message,
        "error",
        refused.passing ? { label: "Try again", run: () => save(cell, choice, old) } : null,
      );
  }
}

/** Take a saved edit back, unless somebody changed the cell since. */
async function undo(cell, change, choice) {
  const row = cell.closest("tr");
  cell.focus();
  try {
    const { message, versions } = await post("/desk/undo", { change });
    const version = versions[split(row).pk];
    if (version) {
      render(cell, choice);
      changed(row, version);
    }
    toast(message, "info");
  } catch (refused) {
    toast(refused.message, "error");
  }
}

/** Show both values where the edit happened. */
async function showConflict(cell, mine, { conflict, version }) {
  const row = cell.closest("tr");
  const field = fieldOf(cell);
  const { offered } = config.fields[field];
  const find = finder(offered);
  const known = find && conflict.theirs ? await find(conflict.theirs) : (choices(offered) ?? []);
  const theirs = known.find(([, label]) => label === conflict.theirs) ?? ["", conflict.theirs || "None"];
  render(cell, theirs);
  setVersion(row, version);
  const text = "Someone changed this while you were editing. Nothing was overwritten.";
  const line = (owner, choice) =>
    el(
      "p",
      { class: "row" },
      el("span", { class: "muted" }, owner),
      el("span", { class: `person ${tone(field, choice[0])}` }, ...draw(field, choice, config.people)),
    );
  const keep = el("button", { type: "button", class: "btn small" }, "Keep theirs");
  const use = el("button", { type: "button", class: "btn small ink" }, "Use mine");
  const body = el(
    "div",
    { class: "pop-body" },
    el("p", {}, text),
    line("Their value (saved)", theirs),
    line("Your value (not saved)", mine),
    el("div", { class: "row" }, keep, use),
  );
  const box = el(
    "div",
    { class: "pop", popover: "auto", role: "alertdialog", "aria-label": "Someone changed this" },
    body,
  );
  document.body.append(box);
  box.showPopover();
  place(box, cell.getBoundingClientRect());
  keep.focus();
  announce(text);
  box.addEventListener("toggle", (event) => {
    if (event.newState === "closed") box.remove();
  });
  keep.addEventListener("click", () => {
    box.hidePopover();
    cell.focus();
  });
  use.addEventListener("click", () => {
    box.hidePopover();
    cell.focus();
    save(cell, mine, theirs[0]);
  });
}

export function startInline(gridData) {
  config = gridData;
  on("click", "button.ed", (_, cell) => edit(cell));
}
