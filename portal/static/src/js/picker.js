// A box to choose one of the allowed values: an input that narrows the list under it; a sheet on phones.
import { $$, el, icon, phone } from "./dom.js";
import { place } from "./popover.js";
import { draw, narrow, textOf, tone } from "./values.js";

const PAUSE_MS = 100;
let open = null;

function item(choice, index) {
  const { field, current, people } = open.spec;
  const node = el("div", {
    class: "menu-item",
    role: "option",
    id: `option-${index}`,
    "aria-selected": "false",
  });
  node.append(
    el("span", { class: `person ${tone(field, choice[0])}` }, ...draw(field, choice, people, open.typed)),
  );
  if (choice[0] === current) node.append(icon("check", "picked"));
  else if (choice[2]) node.append(el("span", { class: "end" }, choice[2]));
  node.addEventListener("pointerdown", (event) => event.preventDefault());
  node.addEventListener("click", () => finish(choice, 0));
  return node;
}

function highlight(index, step = 0) {
  const items = $$("[role=option]", open.list);
  const from = index < 0 && step < 0 ? 0 : index;
  open.at = index < 0 && !step ? -1 : items.length ? (from + step + items.length) % items.length : -1;
  for (const [at, node] of items.entries()) node.setAttribute("aria-selected", String(at === open.at));
  if (open.at < 0) {
    open.input.removeAttribute("aria-activedescendant");
    return;
  }
  items[open.at].scrollIntoView({ block: "nearest" });
  open.input.setAttribute("aria-activedescendant", items[open.at].id);
}

/** Show the choices that what is typed finds: among those that are here, or looked up. */
function list() {
  const { choices, find } = open.spec;
  if (!choices) return;
  const query = open.input.value.trim();
  clearTimeout(open.timer);
  if (!find || !query) {
    show(narrow(open.loaded ?? choices, query), query);
    return;
  }
  const asked = open;
  open.timer = setTimeout(() => {
    find(query).then(
      (found) => open === asked && open.input.value.trim() === query && show(found, query),
      () =>
        open === asked && show([], query, "The list cannot be loaded right now. Type again to try again."),
    );
  }, PAUSE_MS);
}

function show(matches, query, message = "No match. Choose a value from the list.") {
  open.typed = query;
  open.matches = matches;
  open.list.replaceChildren(...matches.map(item));
  if (!matches.length && (query || open.loaded || !open.spec.find))
    open.list.append(el("p", { class: "empty-line" }, message));
  const at = matches.findIndex(([value]) => value === open.spec.current);
  // For many rows at once nothing is chosen until somebody chooses it.
  if (open.spec.preselect === false && !query) highlight(-1);
  else highlight(query || at < 0 ? 0 : at);
}

/** Fill a list that is looked up once it is open: no key that is pressed meanwhile goes elsewhere. */
async function load() {
  const asked = open;
  const { find, choices, headOf } = open.spec;
  let found;
  try {
    found = await find("");
  } catch {
    if (open === asked && !open.typed)
      open.list.append(el("p", { class: "empty-line" }, "The list cannot be loaded right now."));
    return;
  }
  if (open !== asked) return;
  const known = new Set(found.map(([value]) => value));
  open.loaded = [...choices.filter(([value]) => !known.has(value)), ...found];
  if (headOf) for (const node of open.heads) node.textContent = headOf(found);
  if (!open.input.value.trim()) show(open.loaded, "");
  position();
}

/** What is typed counts, not what is still shown. */
async function settled() {
  const { input, spec, timer } = open;
  const query = input.value.trim();
  if (!spec.find || query === open.typed) return;
  clearTimeout(timer);
  const asked = open;
  try {
    const found = await spec.find(query);
    if (open === asked) show(found, query);
  } catch {
    // The list says so when it is typed again.
  }
}

async function choose(step) {
  const asked = open;
  await settled();
  if (open !== asked) return;
  const chosen = open.spec.choices ? open.matches[open.at] : [open.input.value, open.input.value];
  if (chosen) finish(chosen, step);
}

function keys(event) {
  const { steps } = open.spec;
  if (event.key === "ArrowDown") highlight(open.at, 1);
  else if (event.key === "ArrowUp") highlight(open.at, -1);
  else if (event.key === "Escape") close(true);
  else if (event.key === "Enter") choose(0);
  else if (event.key === "Tab" && steps) choose(event.shiftKey ? -1 : 1);
  else if (event.key === "Tab") close(true);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function position() {
  const box = open.spec.anchor.getBoundingClientRect();
  open.top = box.top;
  if (open.spec.over && !phone()) {
    open.around.style.width = `${Math.round(Math.max(box.width + 14, 132))}px`;
    place(open.box, { left: box.left - 5, right: box.right, bottom: box.top - 8, top: box.bottom });
    // The input stays on its cell even where the list under it has to make room at the edge.
    const pushed = box.left - 5 - open.box.getBoundingClientRect().left;
    open.around.style.marginLeft = `${Math.max(0, Math.round(pushed))}px`;
  } else place(open.box, box);
}

function finish(choice, step) {
  const { pick } = open.spec;
  close(false);
  pick(choice, step);
}

/** Close without choosing. */
export function close(refocus) {
  if (!open) return;
  const { box, spec, timer } = open;
  clearTimeout(timer);
  open = null;
  box.remove();
  if (refocus) spec.anchor.focus();
}

/** Open a picker at `anchor`. spec: title (its name), head and about (what is read above the list and, on phones,
 *  under it), field, people, choices (none = free text), find (looks up further choices for a text), headOf (the head for
 *  what was found), current, preselect (false: nothing until
 *  somebody chooses), anchor, over (cover the anchor), steps (Tab goes
 *  on), maxlength, pick(choice, step). */
export function pick(spec) {
  close(false);
  const input = el("input", {
    class: "editor-input",
    role: spec.choices ? "combobox" : null,
    "aria-expanded": spec.choices ? "true" : null,
    "aria-controls": spec.choices ? "editor-list" : null,
    "aria-autocomplete": spec.choices ? "list" : null,
    "aria-label": spec.title,
    autocomplete: "off",
    maxlength: spec.maxlength,
    placeholder: spec.choices ? textOf(spec.anchor) : null,
  });
  if (!spec.choices) input.value = spec.current;
  // What the value looks like now stays in sight; on phones the list is what one searches.
  const lead = phone()
    ? icon("search")
    : spec.current !== null && draw(spec.field, [spec.current, textOf(spec.anchor)], spec.people)[0];
  const around = el(
    "div",
    { class: "editor-field" },
    spec.choices && (lead.matches?.(".i, .av") ? lead : null),
    input,
  );
  const options = el("div", {
    class: "editor-list",
    id: "editor-list",
    role: "listbox",
    "aria-label": spec.title,
  });
  const cancel = el("button", { type: "button", class: "btn icon", "aria-label": "Cancel" }, icon("x"));
  cancel.addEventListener("click", () => close(true));
  const hints = [["↵", "Save"], ...(spec.steps ? [["Tab", "Save and next"]] : []), ["Esc", "Cancel"]];
  const foot = el(
    "div",
    { class: "pop-foot" },
    ...hints.map(([key, what]) => el("span", {}, el("kbd", { class: "key" }, key), ` ${what}`)),
  );
  const { head = spec.title } = spec;
  const heads = [el("p", { class: "pop-title" }, head), el("b", {}, head)];
  const card = el("div", { class: "editor-card" }, heads[0], spec.choices ? options : null, foot);
  const box = el(
    "div",
    { class: "pop editor", popover: "manual", role: "dialog", "aria-label": spec.title },
    el(
      "div",
      { class: "pop-head" },
      el("div", {}, heads[1], spec.about ? el("p", { class: "cut" }, spec.about) : null),
      cancel,
    ),
    around,
    card,
  );
  document.body.append(box);
  open = { spec, box, around, input, heads, typed: "", list: options, at: -1, matches: [] };
  box.showPopover();
  list();
  position();
  input.focus();
  input.select();
  input.addEventListener("input", list);
  input.addEventListener("keydown", keys);
  if (spec.find) load();
}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.box.contains(event.target)) close(false);
});
addEventListener("resize", () => {
  if (open) position();
});
// What was scrolled before it opened is told a frame later: it closes only when its cell went away under it.
document.addEventListener(
  "scroll",
  (event) => {
    if (
      open &&
      !phone() &&
      !open.box.contains(event.target) &&
      open.spec.anchor.getBoundingClientRect().top !== open.top
    )
      close(true);
  },
  true,
);
