// The list of messages: a window of rows, in which whatever is read stays where it is.
// Must not know where messages come from. Bounds: ROWS_MAX rows; ROWS_LIVE where one reads the end.

import { attribute, copy, one } from "./dom.js";
import { adopt, goesOn, make } from "./message.js";

// A guess: several screens of the largest display.
export const ROWS_MAX = 400;
export const ROWS_LIVE = 200;
// So near to the end is at the end; no nearer, so that who leaves it slowly gets away.
const END_PIXELS = 4;

export const scroller = one(".scroll");
const all = one(".all", scroller);
const outbox = one(".outbox", all);

let rows = [];
const bySeq = new Map();
const byId = new Map();
const watchers = [];
const mourners = [];
let divider = null;
let dividerSeq = Infinity;
let searching = false;
// All up to this seq is in the list, or was. (The highest seq in it may be higher: an upgrade stands where the poorer copy did.)
let end = 0;

// Tells of each row that comes in or goes, so that what is beside its words can be looked after.
export const watch = (watcher) => watchers.push(watcher);
export const watchGoing = (mourner) => mourners.push(mourner);

export const first = () => rows.reduce((least, row) => Math.min(least, row.seq), Infinity);
export const last = () => end;
export const count = () => rows.length;
export const row = (seq) => bySeq.get(seq);
export const lastRow = () => rows.at(-1);
export const fromBottom = () => -scroller.scrollTop;
export const fromTop = () => scroller.scrollHeight - scroller.clientHeight + scroller.scrollTop;
export const atEnd = () => fromBottom() < END_PIXELS;
export function setSearching(is) {
  searching = is;
  // What is on its way was not found.
  scroller.classList.toggle("searching", is);
}

const find = (id, seq) => {
  const found = byId.get(id);
  return found && found.seq < seq ? found : null;
};

function forget(gone) {
  mourners.forEach((mourner) => mourner(gone));
  if (bySeq.get(gone.seq) === gone) bySeq.delete(gone.seq);
  if (byId.get(gone.id) === gone) byId.delete(gone.id);
}

function keep(row) {
  bySeq.set(row.seq, row);
  byId.set(row.id, row);
}

// The first row of which something is to be seen.
function anchor() {
  const top = scroller.getBoundingClientRect().top;
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].node.getBoundingClientRect().bottom > top) high = middle;
    else low = middle + 1;
  }
  return rows[low]?.node;
}

// Changes the list without moving what is read. (The end stays the end by itself: the list counts from there. And what is around the
// list may take room from it, which is given back at the top: see `begin`.)
export function hold(work) {
  if (atEnd()) {
    work();
    return;
  }
  const node = anchor();
  const top = node?.getBoundingClientRect().top;
  work();
  if (node?.isConnected) scroller.scrollTop += node.getBoundingClientRect().top - top;
}

function link(before, row) {
  row.node.classList.toggle("goes-on", goesOn(before, row));
}

function sectionOf(row) {
  const section = copy("day");
  section.dataset.day = row.date;
  const time = one("time", section);
  time.dateTime = row.date;
  time.textContent = row.day;
  return section;
}

const endOf = (section) => section.querySelector("ol");

function divide(row) {
  if (row.seq < dividerSeq) return;
  row.node.before(divider);
  row.node.classList.remove("goes-on");
  dividerSeq = Infinity;
}

// Puts rows after those that are there.
export function append(events) {
  end = Math.max(end, events.at(-1)?.seq ?? 0);
  const fresh = events.filter((event) => !bySeq.has(event.seq));
  if (fresh.length === 0) return;
  hold(() => {
    one(".empty", all)?.remove();
    let section = all.querySelector(".day:nth-last-child(2)");
    for (const event of fresh) {
      const row = make(event, find, searching);
      if (section?.dataset.day !== row.date) {
        section = sectionOf(row);
        outbox.before(section);
      }
      link(rows.at(-1), row);
      endOf(section).append(row.node);
      rows.push(row);
      keep(row);
      divide(row);
      watchers.forEach((watcher) => watcher(row));
    }
  });
}

// Puts rows before those that are there.
export function prepend(events) {
  const fresh = events.filter((event) => !bySeq.has(event.seq));
  if (fresh.length === 0) return;
  hold(() => {
    const old = rows[0];
    const oldSection = old?.node.closest(".day");
    const sections = document.createDocumentFragment();
    const added = [];
    for (const event of fresh) {
      const row = make(event, (id, seq) => added.find((other) => other.id === id) ?? find(id, seq), searching);
      if (sections.lastChild?.dataset.day !== row.date) sections.append(sectionOf(row));
      link(added.at(-1), row);
      endOf(sections.lastChild).append(row.node);
      added.push(row);
      keep(row);
    }
    if (oldSection && sections.lastChild.dataset.day === oldSection.dataset.day) {
      endOf(oldSection).prepend(...endOf(sections.lastChild).children);
      sections.lastChild.remove();
    }
    all.prepend(sections);
    rows.unshift(...added);
    if (old) link(added.at(-1), old);
    added.forEach((row) => watchers.forEach((watcher) => watcher(row)));
  });
}

// Who stood on what goes stands on the list then, not at the beginning of the page.
function keepFocus(gone) {
  if (gone.some((row) => row.node.contains(document.activeElement))) scroller.focus({ preventScroll: true });
}

function drop(gone) {
  if (scroller.contains(document.activeElement)) keepFocus(gone);
  for (const row of gone) {
    const section = row.node.closest(".day");
    row.node.remove();
    if (section && !one(".message", section)) section.remove();
    forget(row);
  }
}

// Takes away what is above, or below, more rows than fit.
export function trimTop(most) {
  if (rows.length <= most) return false;
  hold(() => {
    drop(rows.splice(0, rows.length - most));
    rows[0]?.node.classList.remove("goes-on");
  });
  return true;
}

export function trimBottom(most) {
  if (rows.length <= most) return false;
  const gone = rows.splice(most);
  end = gone.reduce((least, row) => Math.min(least, row.seq - 1), end);
  hold(() => drop(gone));
  return true;
}

// Shows these instead of all others.
export function replace(events) {
  drop(rows.splice(0));
  all.querySelectorAll(".day, .empty, .way").forEach((each) => each.remove());
  bySeq.clear();
  byId.clear();
  end = 0;
  append(events);
  scroller.scrollTop = 0;
}

// Shows a message in the place of another one; `false`: that is not here.
export function exchange(seq, event) {
  const old = bySeq.get(seq);
  if (!old) return false;
  const next = make(event, find, searching);
  next.node.classList.toggle("goes-on", old.node.classList.contains("goes-on"));
  if (next.node.isEqualNode(old.node)) return true;
  hold(() => {
    const index = rows.indexOf(old);
    keepFocus([old]);
    old.node.replaceWith(next.node);
    rows[index] = next;
    forget(old);
    keep(next);
    link(rows[index - 1], next);
    if (rows[index + 1]) link(next, rows[index + 1]);
    watchers.forEach((watcher) => watcher(next));
  });
  return true;
}

// Puts the line between what was seen and what is new before the first row after `seq`.
export function setDivider(seq) {
  divider?.remove();
  divider = seq === null ? null : copy("divider");
  dividerSeq = seq ?? Infinity;
  const row = divider && rows.find((each) => each.seq >= seq);
  if (row) hold(() => divide(row));
}

// Brings a row to the middle, and points it out.
export function reveal(seq) {
  const found = bySeq.get(seq);
  found?.node.scrollIntoView({ block: "center" });
  all.querySelectorAll(".pointed").forEach((each) => each.classList.remove("pointed"));
  found?.node.classList.add("pointed");
}

// While what comes is history or a flood, nobody is read all of it aloud.
let quietUntil = null;
export function quiet() {
  attribute(scroller, "aria-live", "off");
  clearTimeout(quietUntil);
  quietUntil = setTimeout(() => scroller.removeAttribute("aria-live"), 1000);
}

// Takes over what the server wrote.
export function begin() {
  rows = Array.from(all.querySelectorAll(".day .message"), adopt);
  rows.forEach(keep);
  end = rows.at(-1)?.seq ?? 0;
  let height = scroller.clientHeight;
  new ResizeObserver(() => {
    const grown = scroller.clientHeight - height;
    height += grown;
    if (!atEnd()) scroller.scrollTop += grown;
  }).observe(scroller);
  const fromTop = scroller.classList.contains("from-top");
  scroller.classList.remove("from-top");
  if (fromTop) scroller.scrollTop = -scroller.scrollHeight;
  all.querySelectorAll(".way").forEach((each) => each.remove());
  rows.forEach((row) => watchers.forEach((watcher) => watcher(row)));
}
