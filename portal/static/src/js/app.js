import { startJump } from "./jump.js";
import { startKeys } from "./keys.js";
import { startNarrow } from "./narrow.js";
import { startNav } from "./nav.js";
import { start } from "./start.js";

start();
startNav();
startNarrow();
startKeys();
startJump();
