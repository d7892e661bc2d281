// Jump: Ctrl K or its button opens a box; the server answers what is typed with places to go.
import { show } from "./dialog.js";
import { $, $$, el, icon, on } from "./dom.js";

const PAUSE_MS = 100;
let dialog, input, list, note;
let at = 0;
let asked = null; // the text that the list answers, or will
let answer = Promise.resolve();
let timer;

function highlight(index) {
  const options = $$("[role=option]", list);
  at = options.length ? (index + options.length) % options.length : 0;
  for (const [place, option] of options.entries()) option.setAttribute("aria-selected", String(place === at));
  input.setAttribute("aria-activedescendant", options[at]?.id ?? "");
  options[at]?.scrollIntoView({ block: "nearest" });
}

function glyph(item) {
  if (item.avatar)
    return el("span", { class: `av xs h${item.avatar[1]}`, "aria-hidden": "true" }, item.avatar[0]);
  return item.swatch ? el("span", { class: `dot c${item.swatch}` }) : icon(item.icon ?? "ticket");
}

function option(item, index) {
  const [before, match, after] = item.parts;
  const label = el("span", { class: "cut" }, before, el("b", {}, match), `${after} ${item.rest ?? ""}`);
  const state = item.status && icon(`s-${item.status}`);
  const end = item.hint && el("span", { class: state ? `st s-${item.status}` : "end cut" }, state, item.hint);
  return el(
    item.url ? "a" : "div",
    {
      class: "menu-item",
      role: "option",
      id: `jump-${index}`,
      href: item.url,
      tabindex: "-1",
      "data-theme-choice": item.theme,
    },
    glyph(item),
    label,
    end || null,
  );
}

function group({ label, items }, index) {
  const id = `jump-g${index}`;
  const head = el("p", { class: "nav-label", id, role: "presentation" }, label);
  return el(
    "div",
    { role: "group", "aria-labelledby": id },
    head,
    ...items.map((item, at) => option(item, `${index}-${at}`)),
  );
}

async function fill(text) {
  let groups = [];
  let message = `No results for “${text}”.`;
  try {
    const reply = await fetch(`${input.form.action}?${new URLSearchParams({ q: text })}`, {
      headers: { Accept: "application/json" },
    });
    if (!reply.ok) throw new Error(reply.status);
    groups = await reply.json();
  } catch {
    message = "Search is not available right now. Press Enter to try again.";
    if (text === asked) asked = null;
  }
  await released();
  if (asked !== null && asked !== text) return; // typed on meanwhile
  const held = at > 0 ? $("[aria-selected=true]", list)?.textContent : null;
  list.replaceChildren(...groups.map(group));
  const count = $$("[role=option]", list).length;
  note.textContent = count ? `${count} ${count === 1 ? "place" : "places"}` : message;
  note.classList.toggle("vh", count > 0);
  highlight(
    Math.max(
      0,
      $$("[role=option]", list).findIndex((one) => one.textContent === held),
    ),
  );
}

/** Wait while a place is being pressed: replacing it would lose the click. */
function released() {
  return (
    $(":active", list) &&
    new Promise((done) => addEventListener("pointerup", () => setTimeout(done), { once: true }))
  );
}

function look() {
  clearTimeout(timer);
  const text = input.value.trim();
  if (text === asked) return answer;
  asked = text;
  answer = fill(text);
  return answer;
}

function open() {
  if (!dialog || dialog.open) return;
  show(dialog);
  input.value = "";
  look();
}

async function press(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) highlight(at + step);
  else if (event.key !== "Enter") return;
  event.preventDefault();
  if (step) return;
  await look(); // what was typed last counts, not what is still shown
  $("[aria-selected=true]", list)?.click();
}

export function startJump() {
  dialog = $("#jump");
  if (!dialog) return;
  [input, list, note] = [$("input", dialog), $("#jump-list"), $(".jump-note")];
  on("click", "[data-jump]", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (
      event.key.toLowerCase() !== "k" ||
      !(event.ctrlKey || event.metaKey) ||
      event.altKey ||
      event.shiftKey
    )
      return;
    event.preventDefault();
    open();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  input.addEventListener("keydown", press);
  on(
    "click",
    "[role=option]",
    (_, chosen) => {
      dialog.close();
      const theme = chosen.dataset.themeChoice;
      if (theme) $(`.theme-choice [value=${theme}]`).click();
    },
    list,
  );
}
