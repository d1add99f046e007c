// The address is the whole state. A change of it within a page renews only the page's parts, each as it arrives.
import { hide } from "./hover.js";

const words = document.getElementById("words").dataset;
let asked = new AbortController();

export function go(url) {
  history.pushState(null, "", url);
  renew();
}

function renew() {
  asked.abort(); // answers to an older question must not come after the newer one's
  asked = new AbortController();
  hide();
  const focus = focused();
  for (const part of document.querySelectorAll("[data-part]")) renewPart(part, asked.signal, focus);
}

async function renewPart(part, signal, focus) {
  part.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(part.dataset.part + location.search, { signal, headers: { "X-Punchcard-Part": "1" } });
    if (reply.redirected) return location.reload();
    if (!reply.ok) throw new Error(reply.statusText);
    const held = document.createElement("template");
    held.innerHTML = (await reply.text()).trim();
    if (signal.aborted) return;
    const scrolled = [...part.querySelectorAll(".picks[id]")].map((list) => [list.id, list.scrollTop]);
    part.replaceWith(held.content);
    for (const [id, top] of scrolled) document.getElementById(id)?.scrollTo(0, top);
    focus();
  } catch (error) {
    if (error.name !== "AbortError") failed(part);
  }
}

// Puts the focus back on whatever takes the place of the element that had it.
function focused() {
  const had = document.activeElement;
  if (!had?.closest("[data-part]")) return () => {};
  const alike = (one) => one.tagName === had.tagName && one.textContent === had.textContent && one.getAttribute("aria-label") === had.getAttribute("aria-label");
  const { id, name } = had;
  const home = had.closest("[data-part]").id;
  return () => {
    if (document.contains(document.activeElement) && document.activeElement !== document.body) return;
    const found = (id && document.getElementById(id)) || (name && document.getElementsByName(name)[0])
      || [...document.querySelectorAll(`#${CSS.escape(home)} ${had.tagName}`)].find(alike);
    found?.focus({ preventScroll: true });
  };
}

function failed(part) {
  part.removeAttribute("aria-busy");
  const box = Object.assign(document.createElement("div"), { className: "nothing failed" });
  const again = Object.assign(document.createElement("button"), { className: "button", textContent: words.retry, onclick: renew });
  box.setAttribute("role", "alert");
  box.append(Object.assign(document.createElement("p"), { textContent: words.failed }), again);
  const chart = part.querySelector(".chart, .nothing");
  chart ? chart.replaceWith(box) : part.append(box);
}

// A link that only changes the parameters of this page does not load it anew.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href.baseVal ?? link.href, location.href);
  if (url.origin !== location.origin || url.pathname !== location.pathname || link.hasAttribute("download")) return;
  if ((url.hash && url.search === location.search) || link.hreflang || !document.querySelector("[data-part]")) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  go(url);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const url = new URL(form.action, location.href);
  if (form.method !== "get" || url.pathname !== location.pathname || !document.querySelector("[data-part]")) return;
  event.preventDefault();
  url.search = new URLSearchParams(new FormData(form));
  form.closest("[popover]")?.hidePopover();
  go(url);
});

addEventListener("popstate", renew);
