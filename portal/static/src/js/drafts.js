// Unsent text is kept in this browser until the server has taken it: it survives a reload, an expired
// session and a server that does not answer.
import { $$ } from "./dom.js";

const ME = "ledgerdesk:me";
const DAYS_30 = 30 * 24 * 3600 * 1000;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // Storage may be full or forbidden; the form still works, the draft is just not kept.
  }
}

/** Whose drafts these are; a page that could not find out who asks is the last one's. Others do not see them. */
const prefix = () => `ledgerdesk:draft:${document.documentElement.dataset.me ?? read(ME)}:`;

/** Read what this browser keeps for a form; nothing once it was sent. */
export function draftOf(name) {
  const draft = read(prefix() + name);
  return draft?.sent ? null : draft;
}

/** What can be seen of a text: the server puts accents together and takes away what has no place on a page. */
const plain = (text) => text.normalize("NFC").replace(/[\p{C}\s]/gu, "");

const keys = (beginning) => Object.keys(localStorage).filter((name) => name.startsWith(beginning));

/** List the drafts kept here, latest first: {name, kind, at}. Whether a sent one arrived is not known: those count
 *  only `alsoSent`, on the page that says that the sending failed. */
export function unsent(alsoSent) {
  try {
    const mine = prefix();
    const drafts = keys(mine).map((key) => ({ ...read(key), name: key.slice(mine.length) }));
    return drafts.filter((draft) => draft.at && (alsoSent || !draft.sent)).sort((a, b) => b.at - a.at);
  } catch {
    return [];
  }
}

/** Whether a sent draft stands on the page, as a version that its ticket did not have yet when it was written. */
function arrived({ values, version = 0 }, name) {
  const ticket = name.match(/-(\d+)$/)?.[1];
  if (ticket && !location.pathname.endsWith(`/${ticket}`)) return false;
  return $$("[id^=v] .body-text").some(
    (node) =>
      Number(node.closest("[id^=v]").id.slice(1)) > version &&
      plain(node.textContent) === plain(values.body ?? ""),
  );
}

/** Drop anybody's drafts that are old, and one's own that arrived. */
function sweep() {
  const mine = prefix();
  for (const key of keys("ledgerdesk:draft:")) {
    const draft = read(key);
    const old = !(Date.now() - draft?.at < DAYS_30);
    if (old || (draft.sent && key.startsWith(mine) && arrived(draft, key))) localStorage.removeItem(key);
  }
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** Choose again what was chosen, if it is still offered. */
function choose(field, value) {
  if ([...field.options].some((option) => option.value === value)) field.value = value;
}

function keep(form) {
  const key = prefix() + form.dataset.draft;
  const state = form.querySelector("[data-draft-state]");
  const texts = [...form.elements].filter(
    (field) => field.name && field.matches("textarea, input[type=text], input[type=email]"),
  );
  const kinds = [...form.elements].filter((field) => field.type === "radio");
  const choices = [...form.elements].filter((field) => field.name && field.matches("select"));
  const stored = read(key);
  // What the server sent back after a refusal is newer than what is stored.
  if (stored && texts.every((field) => !field.value.trim())) {
    for (const field of texts) field.value = stored.values[field.name] ?? "";
    for (const field of choices) choose(field, stored.values[field.name]);
    for (const field of kinds) field.checked = field.value === stored.kind || (field.checked && !stored.kind);
    if (state) state.textContent = `Draft from ${clock(stored.at)}`;
  }
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(false), 400);
  });
  function save(sent) {
    const values = Object.fromEntries([...texts, ...choices].map((field) => [field.name, field.value]));
    const filled = texts.some((field) => field.value.trim());
    const version = Number(form.elements.version?.value ?? 0);
    const kind = kinds.find((field) => field.checked)?.value;
    write(key, filled ? { values, kind, version, sent, at: Date.now() } : null);
    if (state) state.textContent = filled ? `Draft saved ${clock(Date.now())}` : "";
  }
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    save(true);
  });
  // What was typed before this ran.
  if (!stored && texts.some((field) => field.value !== field.defaultValue)) save(false);
}

export function startDrafts() {
  try {
    if (document.documentElement.dataset.me) write(ME, document.documentElement.dataset.me);
    sweep();
  } catch {
    // No storage, nothing to sweep.
  }
  $$("form[data-draft]").forEach(keep);
}
