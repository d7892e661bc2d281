import { startJump } from "./jump.js";
import { startKeys } from "./keys.js";
import { startNav } from "./nav.js";
import { start } from "./start.js";

start();
startNav();
startKeys();
startJump();
