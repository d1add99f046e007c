// What is wanted seldom (a method, the values of a filter) is fetched when its place is opened for the first time.
document.addEventListener("toggle", async (event) => {
  const place = event.target;
  if (event.newState !== "open" || !place.dataset?.fetch) return;
  const source = place.dataset.fetch;
  delete place.dataset.fetch;
  const inside = place.tagName === "DETAILS" ? place.querySelector("summary + *") : place;
  inside.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(source, { headers: { "X-Punchcard-Part": "1" } });
    inside.innerHTML = await reply.text();
    if (!reply.ok) place.dataset.fetch = source; // opening it again tries again
  } catch {
    place.dataset.fetch = source;
  }
  inside.removeAttribute("aria-busy");
}, true);
