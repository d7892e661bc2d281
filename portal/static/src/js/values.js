// How values of ticket fields are drawn: the same glyphs and words as the server's templates.
import { $, $$, el, icon } from "./dom.js";

const HUES = 6;

// The same CRC-32 that the server uses, so that a person keeps one colour.
function hue(text) {
  let crc = -1;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (((crc ^ -1) >>> 0) % HUES) + 1;
}

function initials(name) {
  const names = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const chosen = names.length < 2 ? names : [names[0], names.at(-1)];
  return (
    chosen
      .map((word) => [...word][0])
      .join("")
      .toUpperCase() || "?"
  );
}

/** The classes a value brings along. */
export const tone = (field, value) => ({ status: `st s-${value}`, priority: `pr p-${value}` })[field] ?? "";

/** Read what a drawn value says, without the initials of a person. */
export const textOf = (node) => ($(".av + span", node) ?? node).textContent.trim();

/** Mark what was typed in a label. */
function marked(label, typed) {
  const at = typed ? label.toLowerCase().indexOf(typed) : -1;
  if (at < 0) return [label];
  const end = at + typed.length;
  return [label.slice(0, at), el("b", {}, label.slice(at, end)), label.slice(end)];
}

/** Draw one choice [value, label] of a field as nodes, what was typed in bold. */
export function draw(field, [value, label], people, typed = "") {
  const text = el("span", {}, ...marked(label, typed));
  if (field === "status") return [icon(`s-${value}`), text];
  if (field === "priority") return [icon(`p-${value}`), text];
  if (!people.includes(field)) return [text];
  if (!value)
    return [
      el("span", { class: "av none" }, icon("user")),
      el("span", { class: "muted" }, ...text.childNodes),
    ];
  return [el("span", { class: `av h${hue(value)}` }, initials(label)), text];
}

/** Fill a long list the first time it is needed; what is chosen already stays chosen. */
export async function fill(select) {
  const { lookup } = select.dataset;
  if (!lookup) return;
  delete select.dataset.lookup;
  try {
    const choices = await (await fetch(lookup, { headers: { Accept: "application/json" } })).json();
    const known = new Set([...select.options].map((option) => option.value));
    for (const [value, label, note = "", teams = ""] of choices) {
      if (!known.has(value)) select.append(el("option", { value, "data-n": note, "data-t": teams }, label));
    }
  } catch {
    select.dataset.lookup = lookup;
  }
}

/** Read what may be chosen, [value, label, note, teams]: sent along, or held by a filter of this page ("-" stands for
 *  nothing there). */
export async function choices(offered) {
  if (!offered) return null;
  if (offered.choices)
    return offered.none && !offered.choices.some(([value]) => !value)
      ? [["", "None"], ...offered.choices]
      : offered.choices;
  const source = document.getElementById(offered.from);
  const isList = source.matches("select");
  if (isList) await fill(source);
  const read = isList ? [...source.options] : $$("input", source);
  const all = read.map((node) => [
    node.value === "-" ? "" : node.value,
    (isList ? node : node.parentElement).textContent.trim(),
    node.dataset.n,
    node.dataset.t,
  ]);
  return offered.none ? all : all.filter(([value]) => value);
}
