// A named question before anything that cannot be undone: <form data-confirm="Erase this person?">.
import { $, $$, on } from "./dom.js";

/** Open a dialog; the focus goes back to its opener, or to what opened the menu that the opener was in. */
export function show(dialog) {
  if (!dialog || $("dialog[open]")) return;
  const opener = document.activeElement;
  dialog.showModal();
  dialog.addEventListener(
    "close",
    () => {
      const menu = opener.checkVisibility() ? null : opener.closest("[popover]");
      if (menu)
        $$(`[popovertarget="${menu.id}"]`)
          .find((other) => other.checkVisibility())
          ?.focus();
    },
    { once: true },
  );
}

/** Ask; resolves to true when the person chose the act. */
export function ask(question, text, label) {
  const dialog = $("#confirm");
  if (!dialog) return Promise.resolve(true);
  $("h2", dialog).textContent = question;
  $("p", dialog).textContent = text;
  $("[value=yes]", dialog).textContent = label;
  dialog.returnValue = "";
  dialog.showModal();
  $("[value=no]", dialog).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export function startDialogs() {
  on("click", "[data-close]", (_, button) => button.closest("dialog").close());
  on("submit", "form[data-confirm]", async (event, form) => {
    if (form.dataset.sure) return;
    event.preventDefault();
    const { confirm, confirmText = "", confirmAct = "Delete" } = form.dataset;
    const submitter = event.submitter;
    if (!(await ask(confirm, confirmText, confirmAct))) {
      submitter?.focus();
      return;
    }
    form.dataset.sure = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.sure;
  });
}
