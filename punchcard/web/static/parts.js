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
  const every = document.querySelector("[data-parts]");
  const parts = [...document.querySelectorAll("[data-part]")];
  for (const part of parts) part.setAttribute("aria-busy", "true");
  if (every) renewAll(every.dataset.parts, parts, asked.signal, focus);
  else for (const part of parts) renewPart(part, asked.signal, focus);
}

async function ask(address, signal) {
  const reply = await fetch(address + location.search, { signal, headers: { "X-Punchcard-Part": "1" } });
  if (!reply.ok) throw new Error(reply.statusText);
  return reply;
}

async function renewPart(part, signal, focus) {
  try {
    put(part, await (await ask(part.dataset.part, signal)).text(), focus);
  } catch (error) {
    if (error.name !== "AbortError") failed(part);
  }
}

// All parts in one reply, each as soon as it is there; between two stands a comment.
async function renewAll(address, parts, signal, focus) {
  let rest = "";
  try {
    const reader = (await ask(address, signal)).body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece; !(piece = await reader.read()).done; ) {
      const whole = (rest + piece.value).split("<!--part-->");
      rest = whole.pop();
      for (const html of whole) put(document.getElementById(/ id="([^"]+)"/.exec(html)[1]), html, focus);
    }
  } catch (error) {
    if (error.name === "AbortError") return;
  }
  for (const part of parts) if (part.isConnected) failed(part);
}

function put(part, html, focus) {
  if (!part) return;
  const scrolled = [...part.querySelectorAll(".picks[id]")].map((list) => [list.id, list.scrollTop]);
  const held = document.createElement("template");
  held.innerHTML = html.trim();
  part.replaceWith(held.content);
  for (const [id, top] of scrolled) document.getElementById(id)?.scrollTo(0, top);
  focus();
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
