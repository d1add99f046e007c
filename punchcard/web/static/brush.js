// A stretch of a time chart, drawn with the mouse or with Shift and the arrow keys, becomes the page's period.
import { go } from "./parts.js";

const edges = (plot) => plot.dataset.edges.split(" ");

function choose(plot, first, last) {
  const days = edges(plot);
  const end = new Date(`${days[last + 1]}T00:00:00Z`);
  end.setUTCDate(end.getUTCDate() - 1); // the address names the last day of the period, the edge is the day after
  const url = new URL(location.href);
  url.searchParams.delete("period");
  url.searchParams.set("from", days[first]);
  url.searchParams.set("to", end.toISOString().slice(0, 10));
  go(url);
}

function show(plot, first, last) {
  const count = edges(plot).length - 1;
  const plane = plot.querySelector(".plane");
  const box = plane.querySelector(".brush") ?? plane.appendChild(Object.assign(document.createElement("i"), { className: "brush" }));
  const [left, right] = plot.dataset.pointing === "band"
    ? [first / count, (last + 1) / count]
    : [first / Math.max(1, count - 1), last / Math.max(1, count - 1)];
  box.style.left = `${left * 100}%`;
  box.style.width = `${(right - left) * 100}%`;
}

const clear = (plot) => plot.querySelector(".brush")?.remove();

function at(plot, event) {
  const box = plot.querySelector(".plane").getBoundingClientRect();
  const count = edges(plot).length - 1;
  const part = (event.clientX - box.left) / box.width;
  const place = plot.dataset.pointing === "band" ? Math.floor(part * count) : Math.round(part * (count - 1));
  return Math.max(0, Math.min(count - 1, place));
}

let dragging = null; // {plot, from, to}

document.addEventListener("pointerdown", (event) => {
  const plot = event.target.closest?.(".plot[data-edges]");
  if (!plot || event.pointerType === "touch" || event.button) return; // a finger scrolls
  dragging = { plot, from: at(plot, event), to: null };
});

document.addEventListener("pointermove", (event) => {
  if (!dragging) return;
  const to = at(dragging.plot, event);
  if (to === dragging.from && dragging.to === null) return;
  dragging.to = to;
  show(dragging.plot, Math.min(dragging.from, to), Math.max(dragging.from, to));
});

document.addEventListener("pointerup", () => {
  if (!dragging) return;
  const { plot, from, to } = dragging;
  dragging = null;
  clear(plot);
  if (to !== null && to !== from) choose(plot, Math.min(from, to), Math.max(from, to));
});

// A drag must not end as a click on the column under it.
document.addEventListener("dragstart", (event) => event.target.closest?.(".plot") && event.preventDefault());

document.addEventListener("keydown", (event) => {
  const plot = document.activeElement?.closest?.(".plot[data-edges]");
  if (!plot) return;
  if (event.shiftKey && event.key.startsWith("Arrow")) {
    plot.dataset.from ??= plot.dataset.at ?? 0;
    requestAnimationFrame(() => {
      const ends = [Number(plot.dataset.from), Number(plot.dataset.at ?? 0)];
      show(plot, Math.min(...ends), Math.max(...ends));
    });
  } else if (event.key === "Enter" && plot.dataset.from) {
    const ends = [Number(plot.dataset.from), Number(plot.dataset.at)];
    choose(plot, Math.min(...ends), Math.max(...ends));
  } else if (event.key !== "Shift") {
    delete plot.dataset.from;
    clear(plot);
  }
}, true);
