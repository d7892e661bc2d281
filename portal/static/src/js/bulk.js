// Selection, the floating bar, and its actions: one form post, answered by a page that says what happened.

import { ask } from "./dialog.js";
import { $, $$, announce, on } from "./dom.js";
import { pick } from "./picker.js";
import { choices, finder } from "./values.js";

const FIELD = { assign: "assignee_id", team: "team_id" };
let last = null;

const boxes = () => $$(".grid tbody [name=rowid]");

/** Bring the bar and the box in the head into line with what is chosen. */
export function count() {
  const chosen = boxes().filter((box) => box.checked).length;
  const all = $("[data-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  }
  const bar = $("[data-bulk]");
  if (!bar) return;
  if (!bar.hidden || chosen) announce(`${chosen} selected`);
  bar.hidden = chosen === 0;
  $("[data-count]", bar).textContent = chosen;
}

function set(checked, some = boxes()) {
  for (const box of some) box.checked = checked;
  count();
}

/** Choose nothing. */
export function clear() {
  if (boxes().some((box) => box.checked)) set(false);
}

function runAction(config, button) {
  const name = button.dataset.action;
  const { label, confirm, offered } = config.actions[name];
  const menu = button.closest("[popover]");
  menu?.hidePopover();
  const form = $("#bulk");
  const send = async (value) => {
    const chosen = boxes().filter((box) => box.checked).length;
    if (confirm && !(await ask(confirm, `${chosen} selected.`, label))) return;
    form.elements.action.value = name;
    form.elements.value.value = value;
    form.requestSubmit();
  };
  if (!offered) return send("");
  pick({
    title: `${label}, ${$("[data-count]").textContent} selected`,
    field: FIELD[name] ?? name,
    people: config.people,
    choices: choices(offered),
    find: finder(offered),
    current: null,
    preselect: false,
    anchor: menu ? $(`[popovertarget=${menu.id}]`) : button,
    pick: ([value]) => send(value),
  });
}

export function startBulk(config) {
  on("change", ".grid tbody [name=rowid]", count);
  on("click", ".grid tbody [name=rowid]", (event, box) => {
    if (event.shiftKey && last) {
      const all = boxes();
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      set(box.checked, all.slice(from, to + 1));
    }
    last = box;
  });
  on("change", "[data-all]", (_, all) => set(all.checked));
  on("click", "[data-clear]", () => {
    clear();
    boxes()[0]?.focus();
  });
  on("click", "[data-action]", (_, button) => runAction(config, button));
  addEventListener("pageshow", count);
  count();
}
