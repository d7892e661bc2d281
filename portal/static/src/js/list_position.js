// The way through a list: a grid leaves the order of its tickets behind, and a ticket's page goes on from there.
import { $, $$ } from "./dom.js";
import { single } from "./keys.js";

const KEY = "ledgerdesk:list";

/** Keep which tickets this page lists, in their order, and how it is called and found again. */
export function rememberList() {
  const tickets = $$(".tickets tbody tr").map((row) => $("a[href]", row)?.getAttribute("href"));
  if (!tickets.length) return;
  try {
    sessionStorage.setItem(
      KEY,
      JSON.stringify({ name: $("h1").textContent.trim(), url: location.pathname + location.search, tickets }),
    );
  } catch {
    // Without storage the ticket's plain way back stays.
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** Show the place in the list one came from, with the way to the next and the previous ticket. */
export function showListPosition() {
  const bar = $("[data-list-position]");
  const list = bar && read();
  const at = list ? list.tickets.indexOf(bar.dataset.listPosition) : -1;
  if (at < 0) return;
  const place = `${at + 1} of ${list.tickets.length}`;
  $(".back").href = list.url;
  $("[data-list]").textContent = list.name;
  for (const node of $$("[data-place]"))
    node.textContent = node.dataset.place ? `${place} in ${list.name}` : place;
  const ways = { j: $("[rel=next]", bar), k: $("[rel=prev]", bar) };
  for (const [key, step] of [
    ["j", 1],
    ["k", -1],
  ]) {
    const to = list.tickets[at + step];
    if (to) ways[key].href = to;
    else ways[key].hidden = true;
  }
  const composer = $("#composer");
  if (composer) {
    composer.elements.next.value = list.tickets[at + 1] ?? "";
    composer.elements.list.value = list.url;
  }
  bar.hidden = false;
  document.addEventListener("keydown", (event) => {
    if (ways[event.key]?.href && single(event)) ways[event.key].click();
  });
}
