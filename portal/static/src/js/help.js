import { startDrafts } from "./drafts.js";
import { start } from "./start.js";

start();
startDrafts();
