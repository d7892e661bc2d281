// The style page: what customer pages need, and the boxes to choose one of many.
import "./help.js";
import { startComboboxes } from "./combobox.js";

startComboboxes();
