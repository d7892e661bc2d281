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

// Letters that Unicode does not take apart, and the plain ones that people type for them: as on the server.
const PLAIN = { ß: "ss", ø: "o", æ: "ae", œ: "oe", đ: "d", ð: "d", þ: "th", ł: "l", ħ: "h", ı: "i", ŋ: "n" };

/** Fold a text for searching: without accents and case. */
const fold = (text) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[ßøæœđðþłħıŋ]/g, (letter) => PLAIN[letter]);

/** Split a search into its folded words. */
export const words = (text) =>
  fold(text)
    .split(/[\s,;<>"]+/)
    .filter(Boolean);

/** Tell whether a label contains every one of these words. */
export const contains = (label, searched) => searched.every((word) => fold(label).includes(word));

/** Keep the choices whose label contains every word of a text, those that start with it first. */
export function narrow(choices, text) {
  const searched = words(text);
  if (!searched.length) return choices;
  const matches = choices.filter(([, label]) => contains(label, searched));
  const starts = ([, label]) => fold(label).startsWith(searched.join(" "));
  return [...matches.filter(starts), ...matches.filter((choice) => !starts(choice))];
}

/** Mark what was typed in a label, or the first of its words that is there. */
function marked(label, typed) {
  const letters = [...label];
  const folded = letters.map(fold);
  const text = folded.join("");
  for (const word of typed ? [fold(typed).trim(), ...words(typed)] : []) {
    const at = word ? text.indexOf(word) : -1;
    if (at < 0) continue;
    // Back from the folded text, in which a letter may have become two or none.
    let start = 0;
    for (let passed = 0; passed + folded[start].length <= at; start += 1) passed += folded[start].length;
    let end = start;
    for (let rest = word.length; rest > 0; end += 1) rest -= folded[end].length;
    return [
      letters.slice(0, start).join(""),
      el("b", {}, letters.slice(start, end).join("")),
      letters.slice(end).join(""),
    ];
  }
  return [label];
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

/** Look up what a text finds, [value, label, note, teams]; people of the team `near` come first. */
export async function lookUp(address, text, near = "") {
  const reply = await fetch(`${address}?${new URLSearchParams({ q: text, near })}`, {
    headers: { Accept: "application/json" },
  });
  if (!reply.ok) throw new Error(reply.status);
  return reply.json();
}

/** Read what may be chosen, [value, label, note, teams]: sent along, or held by a filter of this page ("-" stands for
 *  nothing there). What is looked up is found by a finder. */
export function choices(offered) {
  if (!offered) return null;
  if (offered.choices) return fixed(offered);
  const source = document.getElementById(offered.from);
  const isList = source.matches("select");
  const all = (isList ? [...source.options] : $$("input", source)).map((node) => [
    node.value === "-" ? "" : node.value,
    (isList ? node : node.parentElement).textContent.trim(),
  ]);
  return offered.none ? all : all.filter(([value]) => value);
}

/** What finds choices by a text, for those that are looked up. */
export const finder = (offered, near) =>
  offered?.lookup &&
  (async (text) => {
    const found = await lookUp(offered.lookup, text, near);
    return [...narrow(fixed(offered), text), ...found];
  });

function fixed({ choices: sent, none, empty }) {
  return none && !sent.some(([value]) => !value) ? [["", empty], ...sent] : sent;
}
