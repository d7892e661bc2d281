// Jump: Ctrl K or its button opens a box; the server answers what is typed with places to go.
import { show } from "./dialog.js";
import { $, $$, on } from "./dom.js";

const PAUSE_MS = 100;
let dialog, input, list, note;
let at = 0;
let asked = null; // the text that the list answers, or will
let answer = Promise.resolve();
let timer;

function highlight(index) {
  const options = $$("[role=option]", list);
  at = options.length ? (index + options.length) % options.length : 0;
  options.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
  input.setAttribute("aria-activedescendant", options[at]?.id ?? "");
  options[at]?.scrollIntoView({ block: "nearest" });
}

async function fill(text) {
  let found = "";
  let said = `Nothing matches “${text}”.`;
  try {
    const reply = await fetch(`${input.form.action}?${new URLSearchParams({ q: text })}`, { headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
    if (!reply.ok) throw new Error(reply.status);
    found = await reply.text();
  } catch {
    said = "We cannot look this up right now. Enter tries again.";
    if (text === asked) asked = null;
  }
  if (asked !== null && asked !== text) return; // typed on meanwhile
  list.innerHTML = found; // written and escaped by our own template
  const count = $$("[role=option]", list).length;
  note.textContent = count ? `${count} ${count === 1 ? "place" : "places"}` : said;
  note.classList.toggle("vh", count > 0);
  highlight(0);
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
  else if (event.key !== "Enter" || event.isComposing) return;
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
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  input.addEventListener("keydown", press);
  on("click", "[role=option]", () => dialog.close(), list);
}
