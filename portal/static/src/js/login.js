// Show or hide the password.
import "./composition.js";
import { on } from "./dom.js";

on("click", "[data-reveal]", (_, button) => {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
  field.focus();
});
