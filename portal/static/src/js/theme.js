// The theme changes at once and is kept by the server; without a script the form does the same.
import { $$, on } from "./dom.js";
import { post } from "./net.js";
import { toast } from "./toast.js";

function show(theme) {
  document.documentElement.dataset.theme = theme;
  const scheme = document.querySelector("meta[name=color-scheme]");
  if (scheme) scheme.content = theme === "system" ? "light dark" : theme;
  for (const button of $$(".theme-choice button"))
    button.setAttribute("aria-pressed", String(button.value === theme));
  document.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
}

export function startTheme() {
  on("submit", "form[data-theme-form]", async (event, form) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    const before = document.documentElement.dataset.theme;
    const opener = event.submitter;
    show(theme);
    // The button just pressed may have hidden itself; its twin takes the focus.
    if (!opener.offsetParent) [...form.elements].find((other) => other.offsetParent)?.focus();
    try {
      await post(form.action, { theme });
    } catch (refused) {
      show(before);
      toast(refused.message, "error");
    }
  });
}
