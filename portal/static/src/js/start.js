// What every page of the desk and every customer page needs.
import { startDialogs } from "./dialog.js";
import { startPopovers } from "./popover.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toast.js";

export function start() {
  startToasts();
  startTheme();
  startPopovers();
  startDialogs();
}
