// The keyboard: an element says with data-key which key (or two, one after the other) presses it.

let before = ""; // a first letter that waits for its second
let timer = 0;

const typing = (element) => element?.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

function press(key) {
  // Two elements may share a key (the page's search and the sidebar's): the one in the content wins.
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((one) => one.checkVisibility());
  const target = found.find((one) => one.closest("main")) ?? found[0];
  if (!target) return false;
  if (typing(target)) target.focus();
  else target.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
  const open = document.querySelector("dialog[open], [popover]:not(#tip):popover-open");
  if (open) return; // Esc closes it by itself
  const horizontal = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (horizontal && event.target.closest?.(".scroll, .plot, [role=group].picks")) return;
  const key = horizontal && document.dir === "rtl" ? { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[event.key] : event.key;
  if (press(before + key) || (before && press(key))) event.preventDefault();
  else if (key === "g") {
    before = "g";
    clearTimeout(timer);
    timer = setTimeout(() => (before = ""), 1200);
    return;
  }
  before = "";
});
