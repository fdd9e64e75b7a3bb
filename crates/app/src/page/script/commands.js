// The palette of /commands above the box: all that the peer has, as its own table says.
// Must not know what they do. Bounds: that table.

import { attribute, one } from "./dom.js";

const list = one("#commands");
const options = Array.from(list.children);
let box = null;
let chosen = null;

// The command that a line names, where there is one.
export function named(line) {
  const name = line.split(/\s/, 1)[0];
  return options.find((option) => option.dataset.name === name) ?? null;
}

// Whether the line is said by everybody's rules, as `/me` is.
export const isSaid = (option) => option?.dataset.said !== undefined;

const shown = () => options.filter((option) => !option.hidden);

function choose(option) {
  chosen = option;
  for (const each of options) attribute(each, "aria-selected", String(each === option));
  if (option) {
    box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else box.removeAttribute("aria-activedescendant");
}

// Shows those that what is typed can become.
export function look() {
  const typed = box.value;
  const open = typed.startsWith("/") && !typed.startsWith("//") && !/\s/.test(typed);
  for (const option of options) option.hidden = !open || !option.dataset.name.startsWith(typed);
  const fitting = shown();
  list.hidden = fitting.length === 0;
  choose(list.hidden ? null : (fitting.includes(chosen) ? chosen : fitting[0]));
}

export function close() {
  list.hidden = true;
  choose(null);
}

function take(option) {
  const { name } = option.dataset;
  box.value = option.querySelector("code").textContent === name ? name : `${name} `;
  box.setSelectionRange(box.value.length, box.value.length);
  close();
  box.focus();
}

// What a key means while the palette is open; `true`: it was meant for it.
export function key(event) {
  if (list.hidden) return false;
  const fitting = shown();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(fitting[(fitting.indexOf(chosen) + step + fitting.length) % fitting.length]);
  else if (event.key === "Escape") close();
  else if (event.key === "Tab" && !event.shiftKey) take(chosen);
  else if (event.key === "Enter" && box.value !== chosen.dataset.name) take(chosen);
  else return false;
  return true;
}

export function begin(textarea) {
  box = textarea;
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    event.preventDefault();
    if (option) take(option);
  });
}
