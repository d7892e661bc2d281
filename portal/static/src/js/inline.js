// The editor in a grid's cell: allowed values only. Enter saves, Tab saves and goes on, Esc cancels;
// a conflict opens in place, with theirs chosen. What the page offers stands in #grid-data.
import { $, $$, announce, el, icon, on, phone } from "./dom.js";
import { Refused, post } from "./net.js";
import { place } from "./popover.js";
import { toast } from "./toast.js";

const OVERLAP = { x: -10, y: 7 };
let config;
let open = null;

/** Draw a value the way its column shows it. */
function draw(field, [value, label, hue]) {
  const text = el("span", {}, label);
  if (field === "status") return [icon(`s-${value}`), text];
  if (field === "priority") return [icon(`p-${value}`), text];
  if (config.fields[field].people) {
    if (!value) return [el("span", { class: "av none" }, icon("user")), el("span", { class: "muted" }, label)];
    const words = label.split(/\s+/).filter(Boolean);
    const letters = words.length > 1 ? words[0][0] + words.at(-1)[0] : label[0];
    return [el("span", { class: `av h${hue}` }, letters.toUpperCase()), text];
  }
  return [text];
}

const tone = (field, value) => ({ status: `st s-${value}`, priority: `pr p-${value}` })[field] ?? "";

function option(field, choice, current, index) {
  const item = el("div", { class: "menu-item", role: "option", id: `opt-${index}`, "aria-selected": "false" });
  item.append(el("span", { class: `person ${tone(field, choice[0])}` }, ...draw(field, choice)));
  if (choice[0] === current) item.append(icon("check", "picked"));
  item.addEventListener("pointerdown", (event) => event.preventDefault());
  item.addEventListener("click", () => save(choice, null));
  item.choice = choice;
  return item;
}

function highlight(index) {
  const items = $$("[role=option]", open.list);
  if (!items.length) return;
  open.at = (index + items.length) % items.length;
  items.forEach((item, place_) => item.setAttribute("aria-selected", String(place_ === open.at)));
  items[open.at].scrollIntoView({ block: "nearest" });
  open.input.setAttribute("aria-activedescendant", items[open.at].id);
}

function list() {
  const wanted = open.input.value.trim().toLowerCase();
  const found = config.fields[open.field].choices.filter(([, label]) => label.toLowerCase().includes(wanted));
  open.list.replaceChildren(...found.map((choice, index) => option(open.field, choice, open.value, index)));
  if (!found.length) open.list.append(el("p", { class: "empty-line" }, "Nothing matches. Only these values are allowed here."));
  const current = found.findIndex(([value]) => value === open.value);
  highlight(wanted || current < 0 ? 0 : current);
}

function build(cell, field) {
  const row = cell.closest("tr");
  const { label } = config.fields[field];
  const name = `${label} of ${row.dataset.name ?? row.dataset.id}`;
  const input = el("input", { class: "editor-input", role: "combobox", "aria-expanded": "true", "aria-controls": "editor-list", "aria-label": name, "aria-autocomplete": "list", autocomplete: "off", placeholder: cell.textContent.trim() });
  const options = el("div", { class: "editor-list", id: "editor-list", role: "listbox", "aria-label": label });
  const close = el("button", { type: "button", class: "btn icon", "aria-label": "Cancel" }, icon("x"));
  close.addEventListener("click", cancel);
  const hints = [["Enter", "Save"], ["Tab", "Save and next"], ["Esc", "Cancel"]];
  const foot = el("div", { class: "pop-foot" }, ...hints.map(([key, what]) => el("span", {}, el("kbd", { class: "key" }, key), ` ${what}`)));
  const card = el("div", { class: "editor-card" }, el("p", { class: "pop-title" }, name), options, foot);
  const box = el("div", { class: "pop editor", popover: "manual", role: "dialog", "aria-label": name }, el("div", { class: "pop-head" }, el("b", {}, name), close), input, card);
  document.body.append(box);
  return { cell, row, field, value: cell.dataset.v ?? "", box, input, list: options, card, at: 0 };
}

function put() {
  const rect = open.cell.getBoundingClientRect();
  if (!phone()) open.input.style.width = `${Math.max(rect.width + 14, 132)}px`;
  place(open.box, { left: rect.left + OVERLAP.x + 6, right: rect.right, bottom: rect.top - OVERLAP.y, top: rect.bottom });
}

async function edit(cell) {
  if (open) cancel();
  const field = cell.dataset.f;
  const offered = config.fields[field];
  if (!offered) return;
  if (!offered.choices) {
    cell.classList.add("saving");
    offered.choices = await (await fetch(offered.url, { headers: { Accept: "application/json" } })).json();
    cell.classList.remove("saving");
  }
  open = build(cell, field);
  open.box.showPopover();
  put();
  list();
  open.input.focus();
  open.input.addEventListener("input", list);
  open.input.addEventListener("keydown", keys);
}

function finish() {
  const { box, cell } = open;
  open = null;
  box.remove();
  return cell;
}

function cancel() {
  if (open) finish().focus();
}

function keys(event) {
  const chosen = $$("[role=option]", open.list)[open.at]?.choice;
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  if (moves[event.key]) highlight(open.at + moves[event.key]);
  else if (event.key === "Escape") cancel();
  else if (event.key === "Enter" && chosen) save(chosen, null);
  else if (event.key === "Tab" && chosen) save(chosen, event.shiftKey ? -1 : 1);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Show a saved value in its cell. */
export function render(cell, field, choice) {
  cell.dataset.v = choice[0];
  cell.className = `ed ${tone(field, choice[0])}`;
  cell.replaceChildren(...draw(field, choice));
}

function next(cell, step) {
  const cells = $$("button.ed:not([disabled])").filter((other) => other.offsetParent);
  return cells[cells.indexOf(cell) + step];
}

async function save(choice, step) {
  const { field, row, value } = open;
  const cell = finish();
  const following = step && next(cell, step);
  if (following) edit(following);
  else cell.focus();
  if (choice[0] !== value) await send(cell, row, field, choice);
}

async function send(cell, row, field, choice, version = row.dataset.ver) {
  const before = [cell.dataset.v, cell.innerHTML, cell.className];
  render(cell, field, choice);
  cell.classList.add("saving");
  try {
    const saved = await post(config.update_url, { [config.pk]: row.dataset.id, field, value: choice[0], version: version ?? "" });
    if (saved.version != null) row.dataset.ver = saved.version;
    cell.classList.remove("saving");
    announce(`${config.fields[field].label} saved: ${choice[1]}`);
  } catch (refused) {
    [cell.dataset.v, cell.innerHTML, cell.className] = before;
    if (refused instanceof Refused && refused.status === 409 && refused.data.theirs) clash(cell, row, field, choice, refused.data);
    else toast(refused.message, "error");
  }
}

/** Show both values where the edit happened; nothing was overwritten. */
function clash(cell, row, field, mine, data) {
  if (open) cancel();
  const theirs = [data.theirs.value ?? "", data.theirs.label, data.theirs.hue];
  render(cell, field, theirs);
  row.dataset.ver = data.version;
  const keep = el("button", { type: "button", class: "btn small" }, "Keep theirs");
  const use = el("button", { type: "button", class: "btn small ink" }, "Use mine");
  const text = el("p", {}, "Someone changed this while you were editing. Nothing was overwritten.");
  const line = (owner, choice) => el("p", { class: "row" }, el("span", { class: "muted" }, owner), el("span", { class: `person ${tone(field, choice[0])}` }, ...draw(field, choice)));
  const who = data.by ? `Theirs, ${data.by}` : "Theirs, saved";
  const box = el("div", { class: "pop", popover: "auto", role: "alertdialog", "aria-label": "Someone changed this" }, el("div", { class: "pop-body" }, text, line(who, theirs), line("Yours, not saved", mine), el("div", { class: "row" }, keep, use)));
  document.body.append(box);
  box.showPopover();
  place(box, cell.getBoundingClientRect());
  keep.focus();
  announce(text.textContent);
  const done = () => { box.remove(); cell.focus(); };
  keep.addEventListener("click", done);
  use.addEventListener("click", () => { done(); send(cell, row, field, mine, data.version); });
  box.addEventListener("toggle", (event) => { if (event.newState === "closed") box.remove(); });
}

export function startInline() {
  const source = $("#grid-data");
  if (!source) return;
  config = JSON.parse(source.textContent);
  on("click", "button.ed", (_, cell) => edit(cell));
  document.addEventListener("pointerdown", (event) => {
    if (open && !open.box.contains(event.target)) finish();
  });
  addEventListener("resize", () => { if (open) put(); });
  $(".main")?.addEventListener("scroll", () => { if (open && !phone()) cancel(); });
}
