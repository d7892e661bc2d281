// Boxes to choose one of many, found by typing a part of the name (ARIA combobox with a list). Without this script
// the server finds out what the text means.
import { $, $$, el, icon } from "./dom.js";
import { draw, lookUp } from "./values.js";

const PAUSE_MS = 100;
let number = 0;

class Combobox {
  constructor(box) {
    this.box = box;
    [this.input, this.value] = [$("[role=combobox], input[type=text]", box), $("input[type=hidden]", box)];
    this.shown = this.input.value; // what the value is called
    this.items = [];
    this.at = -1;
    this.asked = null;
    number += 1;
    this.list = el("div", {
      class: "combo-list",
      id: `combo-${number}`,
      hidden: true,
      role: "listbox",
      "aria-label": this.input.labels[0]?.textContent.trim(),
    });
    box.append(this.list);
    const role = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" };
    for (const [name, value] of Object.entries({ ...role, "aria-controls": this.list.id }))
      this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.type());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("blur", () => this.leave());
  }

  get isOpen() {
    return !this.list.hidden;
  }

  type() {
    clearTimeout(this.timer);
    // A text that was typed is not the value any more; the server finds out what it means, unless one is chosen.
    if (this.input.value.trim() !== this.shown) this.set("", this.input.value.trim());
    this.timer = setTimeout(() => this.open(), PAUSE_MS);
  }

  /** Show what the text finds; the name of what is chosen finds everything. */
  async open() {
    clearTimeout(this.timer);
    if (this.input.disabled) return;
    const text = this.value.value ? "" : this.input.value.trim();
    if (this.isOpen && this.asked === text) return;
    this.items = [];
    this.at = -1;
    this.asked = text;
    let found = [];
    let message = this.box.dataset.none ?? "No match.";
    try {
      found = await lookUp(this.box.dataset.combo, text, this.near());
    } catch {
      this.asked = null;
      message = "The list cannot be loaded right now.";
    }
    if (this.asked !== null && this.asked !== text) return;
    if (document.activeElement !== this.input) return;
    const { empty } = this.box.dataset;
    this.show(empty && !text ? [["", empty], ...found] : found, message);
  }

  /** The team whose people come first: the one that is chosen in the same form. */
  near() {
    const team = this.input.form?.elements.team_id_text;
    return this.input.name === "assignee_id_text" && team ? team.value : "";
  }

  show(items, message) {
    this.items = items;
    this.list.replaceChildren(...items.map((item, index) => this.option(item, index)));
    if (!items.length) this.list.append(el("p", { class: "empty-line" }, message));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const present = items.findIndex(([value]) => value === this.value.value);
    this.highlight(this.asked ? (items.length ? 0 : -1) : present);
  }

  option(item, index) {
    const [value, , note] = item;
    const node = el("div", {
      class: "menu-item",
      role: "option",
      id: `${this.list.id}-${index}`,
      "aria-selected": "false",
    });
    const field = this.value.name;
    const people = this.box.dataset.people === undefined ? [] : [field];
    node.append(el("span", { class: "person" }, ...draw(field, item, people, this.asked ?? "")));
    if (value === this.value.value && this.shown === this.input.value) node.append(icon("check", "picked"));
    else if (note) node.append(el("span", { class: "end cut" }, note));
    node.addEventListener("pointerdown", (event) => event.preventDefault());
    node.addEventListener("click", () => this.choose(item));
    return node;
  }

  highlight(index) {
    this.at = index;
    const options = $$("[role=option]", this.list);
    for (const [at, node] of options.entries()) node.setAttribute("aria-selected", String(at === index));
    const node = options[index];
    if (node) this.input.setAttribute("aria-activedescendant", node.id);
    else this.input.removeAttribute("aria-activedescendant");
    node?.scrollIntoView({ block: "nearest" });
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const count = this.items.length;
    if (step) {
      event.preventDefault();
      if (!this.isOpen) this.open();
      else if (count) this.highlight(this.at < 0 && step < 0 ? count - 1 : (this.at + step + count) % count);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && this.input.value.trim() && !this.value.value) {
      // What is typed counts, not what is still shown.
      event.preventDefault();
      this.settle();
    } else if (event.key === "Enter" && this.isOpen && this.items[this.at]) {
      event.preventDefault();
      this.choose(this.items[this.at]);
    }
  }

  /** Choose what the text finds; where it finds nothing, somebody else may know what to do with it. */
  async settle() {
    await this.open();
    if (this.items[this.at]) this.choose(this.items[this.at]);
    else if (this.isOpen && !this.items.length) {
      this.close();
      this.input.dispatchEvent(new Event("nobody"));
    }
  }

  choose(item) {
    const [value, label] = item;
    this.input.value = value ? label : "";
    this.set(value, this.input.value);
    this.close();
  }

  set(value, shown) {
    const before = this.value.value;
    this.value.value = value;
    this.shown = value ? shown : "";
    if (before !== value || !value) this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Leaving with a text that found one choice takes it, as Enter does. */
  leave() {
    clearTimeout(this.timer);
    if (this.isOpen && this.asked && this.items.length === 1 && !this.value.value) this.choose(this.items[0]);
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.asked = null;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

/** What a combobox shows now: its value and what that is called. */
export const chosenIn = (box) => [$("input[type=hidden]", box).value, $("input[type=text]", box).value];

export function startComboboxes() {
  for (const box of $$("[data-combo]")) new Combobox(box);
}
