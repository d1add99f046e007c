// Small things: copy a link, show a chart as its table, narrow a list while typing, open a dialog, light or dark.

const words = document.getElementById("words").dataset;

const actions = {
  async copy(button) {
    await navigator.clipboard.writeText(new URL(button.dataset.copy || location.href, location.href).href);
    const said = button.textContent;
    button.textContent = words.copied;
    setTimeout(() => (button.textContent = said), 1200);
  },
  asTable(button) {
    const data = document.getElementById(button.dataset.asTable).querySelector(".data");
    button.closest("[popover]").hidePopover();
    if (data) data.open = !data.open;
  },
  dialog: (button) => document.getElementById(button.dataset.dialog)?.showModal(),
  themeSwitch() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (!button) return;
  for (const name of Object.keys(actions)) if (name in button.dataset) actions[name](button);
});

document.addEventListener("input", (event) => {
  const { narrow } = event.target.dataset;
  if (!narrow) return;
  const wanted = event.target.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const items = [...document.querySelectorAll(narrow)];
  for (const item of items) {
    const text = `${item.textContent} ${item.dataset.words ?? ""}`.toLocaleLowerCase();
    item.hidden = !wanted.every((word) => text.includes(word));
    if (item.tagName === "DETAILS") item.open = wanted.length > 0 && !item.hidden;
  }
  for (const section of new Set(items.map((item) => item.closest("section")))) {
    if (!section?.matches("main > section, .shelf > section")) continue;
    section.hidden = ![...section.querySelectorAll(narrow)].some((item) => !item.hidden);
    const fold = section.querySelector(":scope > details");
    if (fold) fold.open = wanted.length > 0 || fold.hasAttribute("data-open");
  }
});
