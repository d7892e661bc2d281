// What every page of the desk and every customer page needs.
import "./composition.js";
import { startDialogs } from "./dialog.js";
import { $ } from "./dom.js";
import { startPopovers } from "./popover.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toast.js";

export function start() {
  startToasts();
  startTheme();
  startPopovers();
  startDialogs();
  // Where something was refused is where to go on.
  const wrong = $("[aria-invalid=true]");
  wrong?.focus();
  wrong?.closest(".field")?.scrollIntoView({ block: "nearest" }); // with the words below it
}
