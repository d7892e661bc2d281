// What saving a role would change, in words, while it is edited; the cells themselves show it without a script.
// And what gets the focus among the other roles comes out from under the columns that stay.
import "./app.js";
import { $, $$, el, icon } from "./dom.js";

const sum = $("[data-sum]");

function line(label, was, now) {
  return el(
    "li",
    {},
    el("span", { class: "grow" }, label),
    el("s", {}, was || "None"),
    icon("arrow-right", "i-s"),
    el("span", { class: "vh" }, " to "),
    el("b", {}, now),
  );
}

function tell() {
  const lines = $$("select[data-was]").map((select) => [
    select.ariaLabel,
    select.dataset.was,
    select.selectedOptions[0].text,
  ]);
  const name = $("#f-name");
  if (name.dataset.was) lines.unshift(["Name", name.dataset.was, name.value.trim()]);
  const changed = lines.filter(([, was, now]) => was !== now);
  const count = changed.length === 1 ? "1 change" : `${changed.length} changes`;
  $("[data-changes]").replaceChildren(...changed.map((each) => line(...each)));
  sum.textContent = changed.length ? `${count} to ${sum.dataset.sum}` : "No changes yet";
  $("[data-count]").textContent = changed.length ? ` · ${count}` : "";
}

if (sum) {
  document.addEventListener("change", tell);
  addEventListener("pageshow", tell);
}
$(".matrix thead").addEventListener("focusin", ({ target }) => {
  if (target.matches(":focus-visible")) target.scrollIntoView({ block: "nearest", inline: "nearest" });
});
