// Unsent text is kept in this browser until the server has taken it: it survives a reload, an expired
// session and a server that does not answer.
import { $$ } from "./dom.js";

const PREFIX = "ledgerdesk:draft:";
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

/** Read what this browser keeps for a form; nothing once it was sent. */
export function draftOf(name) {
  const draft = read(PREFIX + name);
  return draft?.sent ? null : draft;
}

const plain = (text) => text.replaceAll("\r", "").trim();

const keys = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));

/** List the drafts kept here, latest first: {name, kind, at}. Whether a sent one arrived is not known: those count
 *  only `alsoSent`, on the page that says that the sending failed. */
export function unsent(alsoSent) {
  try {
    const drafts = keys().map((key) => ({ ...read(key), name: key.slice(PREFIX.length) }));
    return drafts.filter((draft) => draft.at && (alsoSent || !draft.sent)).sort((a, b) => b.at - a.at);
  } catch {
    return [];
  }
}

/** Drop drafts that are old, and sent ones whose text now stands on the page. */
function sweep() {
  const shown = new Set($$(".body-text").map((node) => plain(node.textContent)));
  for (const key of keys()) {
    const draft = read(key);
    const arrived = draft?.sent && shown.has(plain(draft.values.body ?? ""));
    if (!draft || arrived || Date.now() - draft.at > DAYS_30) localStorage.removeItem(key);
  }
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function keep(form) {
  const key = PREFIX + form.dataset.draft;
  const state = form.querySelector("[data-draft-state]");
  const texts = [...form.elements].filter((field) => field.name && field.matches("textarea, input[type=text], input[type=email]"));
  const kinds = [...form.elements].filter((field) => field.type === "radio");
  const stored = read(key);
  // What the server sent back after a refusal is newer than what is stored.
  if (stored && texts.every((field) => !field.value.trim())) {
    for (const field of texts) field.value = stored.values[field.name] ?? "";
    for (const field of kinds) field.checked = field.value === stored.kind || (field.checked && !stored.kind);
    if (state) state.textContent = `Draft from ${clock(stored.at)}`;
  }
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(false), 400);
  });
  function save(sent) {
    const values = Object.fromEntries(texts.map((field) => [field.name, field.value]));
    const filled = Object.values(values).some((value) => value.trim());
    const kind = kinds.find((field) => field.checked)?.value;
    write(key, filled ? { values, kind, sent, at: Date.now() } : null);
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
    sweep();
  } catch {
    // No storage, nothing to sweep.
  }
  $$("form[data-draft]").forEach(keep);
}
