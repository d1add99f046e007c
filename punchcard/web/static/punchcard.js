// What the pages do beyond links and forms. Without this file everything can still be read, filtered and opened.
import "./hover.js";
import "./brush.js";
import "./keys.js";
import "./menus.js";
import "./parts.js";
import "./lazy.js";
import "./recent.js";
