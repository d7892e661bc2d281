// Forms of records: what is looked up in them.
import "./app.js";
import { startComboboxes } from "./combobox.js";
import { startLookups } from "./lookup.js";

startComboboxes();
startLookups();
