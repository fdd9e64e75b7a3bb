// The list by keys: it is one stop of Tab, arrows go from message to message, and Tab from there to what can be done with that one.
// What is long is folded there. Must not know what that is. Bounds: none of its own.

import { one } from "./dom.js";
import { hold, scroller } from "./log.js";
import { setFolded } from "./message.js";

const CONTROLS = "a, button:not(.state *)";

// The message that has its turn.
let current = null;

function reach(root, tabIndex) {
  for (const control of root.querySelectorAll(CONTROLS)) control.tabIndex = tabIndex;
}

function turn(row) {
  if (row === current) return;
  if (current) reach(current, -1);
  current = row;
  if (row) reach(row, 0);
}

const rows = () => Array.from(scroller.querySelectorAll(".message"));

// The last row of which the end is to be seen.
function lastSeen() {
  const bottom = scroller.getBoundingClientRect().bottom;
  return rows().findLast((row) => row.getBoundingClientRect().bottom <= bottom + 1) ?? rows()[0];
}

function go(row) {
  if (!row) return;
  turn(row);
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

const STEPS = {
  ArrowUp: (all, at) => all[at - 1],
  ArrowDown: (all, at) => all[at + 1],
  Home: (all) => all[0],
  End: (all) => all.at(-1),
};

function key(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (event.key === "Escape") {
    one("#message").focus();
    return;
  }
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const from = document.activeElement.closest(".message");
  const all = rows();
  // Who comes from the list itself begins with what is seen.
  go(from || event.key === "Home" || event.key === "End" ? step(all, all.indexOf(from)) : lastSeen());
}

export function begin() {
  reach(scroller, -1);
  scroller.setAttribute("aria-description", "The arrow keys go from message to message");
  scroller.addEventListener("keydown", key);
  scroller.addEventListener("click", ({ target }) => {
    const button = target.closest(".unfold");
    const body = button?.previousElementSibling;
    if (body) hold(() => setFolded(body, !body.classList.contains("folded")));
  });
  scroller.addEventListener("focusin", ({ target }) => {
    turn(target.closest(".message") ?? (target === scroller ? (lastSeen() ?? null) : current));
  });
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        const holder = current?.contains(node) ? 0 : -1;
        if (node.matches(CONTROLS)) node.tabIndex = holder;
        reach(node, holder);
      }
    }
  }).observe(scroller, { subtree: true, childList: true });
}
