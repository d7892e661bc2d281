// Error pages: count down and try again, go back, copy the reference.
import { $, on } from "./dom.js";

function countDown(fault) {
  const whole = Number(fault.dataset.retry);
  let left = whole;
  const ring = $("circle + circle", fault);
  const draw = () => {
    $("[data-seconds]", fault).textContent = left;
    ring.style.strokeDashoffset = String(100 - (100 * left) / whole);
  };
  draw();
  const timer = setInterval(() => {
    left -= 1;
    draw();
    if (left > 0) return;
    clearInterval(timer);
    location.reload();
  }, 1000);
}

const fault = $("[data-retry]");
// Only a page that was fetched may be fetched again by itself; a form is sent again by the person.
if (fault) countDown(fault);
on("click", "[data-again]", (event) => {
  event.preventDefault();
  location.reload();
});
on("click", "[data-back]", () => history.back());
on("click", "[data-copy]", async (_, button) => {
  await navigator.clipboard.writeText($("[data-reference]").textContent);
  button.textContent = "Copied";
});
