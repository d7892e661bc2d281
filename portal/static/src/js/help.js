import { $, phone } from "./dom.js";
import { startDrafts } from "./drafts.js";
import { start } from "./start.js";

start();
startDrafts();
// On a phone a conversation begins at its newest message, with the box for a reply below it.
if (phone() && !location.hash) $(".talk > li:last-child")?.scrollIntoView({ block: "nearest" });
