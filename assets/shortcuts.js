// The keys that work everywhere in the dashboard. They press what a person could
// press, so that the way there stays the page's own. components/shortcuts.py lists them.

const AFTER_G = 1500; // ms within which the second key of two has to follow

let afterG = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || isCovered()) return;
  const follows = event.timeStamp < afterG;
  afterG = 0;
  const pressed = follows
    ? document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)
    : null;
  if (pressed) pressed.click();
  else if (event.key === "g") afterG = event.timeStamp + AFTER_G;
  else if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else if (event.key === "?") document.getElementById("shortcuts")?.showModal();
  else return;
  event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-shortcuts]"))
    document.getElementById("shortcuts").showModal();
  else if (target.id === "shortcuts") target.close(); // the backdrop is the dialog's
});

function isTyping(target) {
  return target.isContentEditable || target.matches("input, textarea, select");
}

function isCovered() {
  return document.querySelector("dialog[open], [role=dialog], [role=alertdialog], [role=menu]");
}
