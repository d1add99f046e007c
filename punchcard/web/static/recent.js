// Dashboards seen lately, kept in this browser only: noted on a dashboard, shown on the pages that list them.

const KEPT = "recent";
const MOST = 6;

function known() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

const shelf = document.getElementById("recent");
if (location.pathname.startsWith("/d/")) {
  const here = { href: location.pathname, text: document.querySelector("h1")?.textContent ?? "" };
  const others = known().filter((one) => one.href !== here.href);
  try {
    localStorage.setItem(KEPT, JSON.stringify([here, ...others].slice(0, MOST)));
  } catch {
    // A browser that keeps nothing has no list.
  }
} else if (shelf) {
  // A dashboard that was taken out since is not offered again.
  const listed = new Set([...document.querySelectorAll("a.card")].map((card) => card.pathname));
  for (const { href, text } of known().filter((one) => listed.has(one.href))) {
    const link = document.createElement("a");
    link.href = href;
    link.append(Object.assign(document.createElement("bdi"), { textContent: text }));
    shelf.querySelector(".options").append(link);
  }
  shelf.hidden = !shelf.querySelector(".options > a");
}
