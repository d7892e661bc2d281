// Error pages: try again with growing waits until the page answers, say which drafts are kept, copy the reference.
import "./composition.js";
import { $, el, on } from "./dom.js";
import { unsent } from "./drafts.js";

const LONGEST_S = 60;
const NOT_YET = [429, 502, 503, 504];
const fault = $(".fault");
const first = Number(fault.dataset.retry);
let attempt = 1;
let left;
let timer;

const put = (name, text) => {
  $(`[data-${name}]`).textContent = text;
};
const inSeconds = (seconds) => `${seconds} second${seconds === 1 ? "" : "s"}`;

function count(seconds) {
  left = seconds;
  const draw = () => {
    put("seconds", left);
    put("wait", inSeconds(left));
    $("circle + circle").style.strokeDashoffset = String(100 - (100 * left) / seconds);
  };
  draw();
  clearInterval(timer);
  timer = setInterval(() => {
    left -= 1;
    draw();
    if (left <= 0) again();
  }, 1000);
}

/** Ask for the page; it is loaded once it answers, so that trying costs neither the focus nor this page. */
async function again() {
  clearInterval(timer);
  const answer = await fetch(location.href, {
    headers: { Accept: "application/json" },
    redirect: "manual",
    cache: "no-store",
  }).catch(() => null);
  if (answer && !NOT_YET.includes(answer.status)) {
    location.reload();
    return;
  }
  attempt += 1;
  put("attempt", attempt);
  const problem = await answer?.json().catch(() => null);
  if (problem?.reference) {
    put("reference", problem.reference);
    put("at", problem.at);
  }
  // Not everybody at the same moment: up to a fifth longer.
  const grown = Math.min(LONGEST_S, first * 2 ** (attempt - 1)) * (1 + Math.random() / 5);
  const seconds = Math.max(Math.round(grown), Number(answer?.headers.get("Retry-After") ?? 0));
  put("said", `Still no response. We try again in ${inSeconds(seconds)}.`);
  count(seconds);
}

function sayWhatIsKept() {
  const region = $("[data-kept]");
  const [latest, ...others] = unsent("sent" in fault.dataset);
  if (!region || !latest) return;
  const number = latest.name.match(/-(\d+)$/)?.[1];
  const what = number
    ? [`${latest.kind === "note" ? "note on" : "reply to"} `, el("b", {}, `#${number}`)]
    : ["new ticket"];
  const more = others.length
    ? ` and ${others.length === 1 ? "one more draft are" : `${others.length} more drafts are`}`
    : " is";
  region.append(" Your unsent ", ...what, `${more} stored in this browser.`);
}

sayWhatIsKept();
if (first) count(first);
on("click", "[data-again]", (event) => {
  event.preventDefault();
  again();
});
on("click", "[data-back]", () => history.back());
on("click", "[data-copy]", async (_, button) => {
  const text = $("[data-reference]");
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text);
  }
});
