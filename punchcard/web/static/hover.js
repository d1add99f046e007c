// Exact figures under the pointer, the finger or the arrow keys: read from the chart's own data table.

const tip = document.getElementById("tip");
let shown = null; // the chart that the tip belongs to

// The rows of a chart's data table; a long one is fetched when it is first wanted.
async function table(chart) {
  const data = chart.parentElement.querySelector(".data");
  if (!data) return null;
  if (data.dataset.src) {
    const source = data.dataset.src;
    delete data.dataset.src;
    const reply = await fetch(source);
    if (reply.ok) data.querySelector(".scroll").innerHTML = await reply.text();
  }
  return data.querySelector("table");
}

function lines(table, index) {
  const row = table?.tBodies[0].rows[index];
  if (!row) return null;
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const cells = [...row.cells];
  const names = cells.filter((cell) => cell.tagName === "TH").length || 1;
  return {
    title: cells.slice(0, names).map((cell) => cell.textContent).join(" → "),
    values: cells.slice(names).map((cell, place) => ({
      name: heads[place + names].textContent,
      role: heads[place + names].dataset.role,
      text: cell.textContent,
    })),
  };
}

function fill(read) {
  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const rows = read.values.map((value) => {
    const row = make("div");
    if (value.role) row.append(make("i", "", value.role));
    row.append(make("span", value.name), make("b", value.text, "n"));
    return row;
  });
  tip.replaceChildren(make("p", read.title), ...rows);
}

function place(x, y) {
  if (!tip.matches(":popover-open")) tip.showPopover();
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 16 + width > innerWidth ? x - width - 16 : x + 16;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, Math.min(y - height - 8, innerHeight - height - 4))}px`;
}

export function hide() {
  shown?.querySelector(".cross")?.remove();
  shown = null;
  if (tip.matches(":popover-open")) tip.hidePopover();
}

const places = (plot) => plot.dataset.places.split(" ").map((pair) => pair.split(",").map(Number));

// Which row of the table lies under x and y, given in percent of the plane.
function nearest(plot, count, x, y, box) {
  switch (plot.dataset.pointing) {
    case "band":
      return Math.floor((x / 100) * count);
    case "places": {
      const far = ([px, py]) => Math.hypot(((px - x) * box.width) / 100, ((py - y) * box.height) / 100);
      return places(plot).reduce((best, point, index, all) => (far(point) < far(all[best]) ? index : best), 0);
    }
    default:
      return Math.round((x / 100) * (count - 1));
  }
}

function centre(plot, count, index) {
  if (plot.dataset.pointing === "places") return places(plot)[index][0];
  if (plot.dataset.pointing === "band") return ((index + 0.5) / count) * 100;
  return count > 1 ? (index / (count - 1)) * 100 : 50;
}

function mark(plot, count, index) {
  const plane = plot.querySelector(".plane");
  const cross = plane.querySelector(".cross") ?? plane.appendChild(document.createElement("i"));
  const wide = plot.dataset.pointing === "band";
  cross.className = wide ? "cross wide" : "cross";
  cross.style.left = `${wide ? (index / count) * 100 : centre(plot, count, index)}%`;
  cross.style.width = wide ? `${100 / count}%` : "0";
}

async function read(plot, index, x, y) {
  const data = await table(plot.closest(".chart"));
  const count = data?.tBodies[0].rows.length ?? 0;
  const chosen = Math.max(0, Math.min(count - 1, index(count)));
  const found = lines(data, chosen);
  if (!found) return;
  if (shown && shown !== plot) hide();
  shown = plot;
  plot.dataset.at = chosen;
  mark(plot, count, chosen);
  fill(found);
  const box = plot.querySelector(".plane").getBoundingClientRect();
  place(x ?? box.left + (box.width * centre(plot, count, chosen)) / 100, y ?? box.top + box.height / 2);
}

document.addEventListener("pointermove", (event) => {
  const plot = event.target.closest?.(".plot[data-pointing]");
  if (plot) {
    const box = plot.querySelector(".plane").getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 100;
    const y = ((event.clientY - box.top) / box.height) * 100;
    read(plot, (count) => nearest(plot, count, x, y, box), event.clientX, event.clientY);
    return;
  }
  const row = event.target.closest?.(".rows li");
  if (row) return readRow(row, event.clientX, event.clientY);
  if (shown) hide();
});

async function readRow(row, x, y) {
  const data = await table(row.closest(".chart"));
  const found = lines(data, [...row.parentElement.children].indexOf(row));
  if (!found) return;
  if (shown && shown !== row) hide();
  shown = row;
  fill(found);
  place(x, y);
}

document.addEventListener("keydown", (event) => {
  const plot = document.activeElement?.closest?.(".plot[data-pointing]");
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!plot || step === undefined) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const from = "at" in plot.dataset ? Number(plot.dataset.at) : step > 0 ? -1 : Infinity;
  read(plot, (count) => Math.min(from, count) + step);
});

document.addEventListener("focusout", (event) => event.target.closest?.(".plot") && hide());
document.addEventListener("scroll", hide, { passive: true });
document.addEventListener("toggle", (event) => event.target.matches?.(".data[open]") && table(event.target.parentElement.querySelector(".chart")), true);

let pressed = 0; // where the mouse went down: a stretch drawn on a chart is no click

document.addEventListener("pointerdown", (event) => (pressed = event.clientX));

// A click on a chart follows the only link of the row under the pointer: the members behind its figure.
document.addEventListener("click", async (event) => {
  const plot = event.target.closest?.(".plot[data-pointing]");
  if (!plot || Math.abs(event.clientX - pressed) > 4 || event.target.closest("a") || event.defaultPrevented || !("at" in plot.dataset)) return;
  const chart = plot.closest(".chart");
  const links = (await table(chart))?.tBodies[0].rows[plot.dataset.at]?.querySelectorAll("a") ?? [];
  if (links.length === 1) links[0].click();
});
