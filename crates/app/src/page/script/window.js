// What part of the history the list shows, and where more of it comes from.
// Must not know what a row looks like. Bounds: PAGE messages a question; those of the list.

import * as api from "./api.js";
import { copy, one } from "./dom.js";
import * as log from "./log.js";
import * as recent from "./recent.js";

const PAGE = 100;
// What is shown at once of a flood, or at a jump to the end.
const TAIL = 80;
// Pages that are fetched to close a gap; after a larger one, the list begins anew at the end.
const GAP_PAGES = 3;
// A list that costs a frame more than this is given so many times as long to rest.
const FRAME_BUSY_MS = 12;
const REST = 3;

// What is searched for; nothing: the conversation.
let search = null;
// Whether what is said goes to the end of the list.
let attached = true;
let older = true;
let newer = false;
let busy = false;
let counter = 0;
let scheduled = false;
let asked = false;
const watchers = [];

export const isAttached = () => attached && search === null;
export const isSearching = () => search !== null;
export const isAtEnd = () => isAttached() && log.atEnd();
// Tells when the end came in sight, or went out of it.
export const watch = (watcher) => watchers.push(watcher);
const tell = () => watchers.forEach((watcher) => watcher());

const ask = (query) => api.messages({ limit: PAGE, search, ...query });

// Once at a time, and nothing of a list that is not shown any more.
async function fetching(work) {
  if (busy) return;
  busy = true;
  const now = counter;
  try {
    await work(() => now === counter);
    // Who is faster than the history waits at its edge.
    refresh();
  } catch {
    // The link tells of what is lost, and scrolling asks again.
  } finally {
    busy = false;
  }
}

const loadOlder = () =>
  fetching(async (current) => {
    const first = log.first();
    const known = search === null ? recent.before(first, PAGE) : [];
    const found = known.length > 0 ? known : await ask({ before: first });
    if (!current()) return;
    older = known.length > 0 || found.length === PAGE;
    log.quiet();
    log.prepend(found);
    if (log.trimBottom(log.ROWS_MAX)) {
      attached = false;
      newer = true;
    }
  });

const loadNewer = () =>
  fetching(async (current) => {
    const before = recent.state();
    const found = await ask({ since: log.last() });
    if (!current()) return;
    log.quiet();
    log.append(found);
    newer = found.length === PAGE;
    if (log.trimTop(log.ROWS_MAX)) older = true;
    if (!newer) attach(before);
  });

// The list has all that the history had; now whether what came since can follow.
function attach(before) {
  if (search !== null) return;
  attached = recent.join(before, log.last());
  newer = !attached;
  refresh();
}

function look() {
  const near = 1.5 * log.scroller.clientHeight;
  if (older && log.count() > 0 && log.fromTop() < near) loadOlder();
  if (newer && log.fromBottom() < near) loadNewer();
  tell();
}

// Shows what came since the frame before.
function flush() {
  if (search !== null || !attached) return;
  const fresh = recent.after(log.last());
  if (fresh.length === 0) return;
  const atEnd = log.atEnd();
  if (!recent.reaches(log.last()) || (atEnd && fresh.length > TAIL)) {
    if (!atEnd) {
      attached = false;
      newer = true;
      return;
    }
    log.quiet();
    log.replace(fresh.slice(-TAIL));
    older = true;
    return;
  }
  if (fresh.length > 8) log.quiet();
  if (atEnd) {
    log.append(fresh);
    if (log.trimTop(log.ROWS_LIVE)) older = true;
    return;
  }
  const room = log.ROWS_MAX - log.count();
  log.append(fresh.slice(0, Math.max(0, room)));
  if (fresh.length > room) {
    attached = false;
    newer = true;
  }
}

// Once a frame, and less often where frames are dear.
export function refresh() {
  asked = true;
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    asked = false;
    const began = performance.now();
    flush();
    look();
    // After the frame is drawn.
    setTimeout(() => {
      const cost = performance.now() - began;
      const again = () => {
        scheduled = false;
        // Who scrolled meanwhile may stand at an edge, and scroll no more.
        if (asked || (attached && search === null && recent.after(log.last()).length > 0)) refresh();
      };
      if (cost > FRAME_BUSY_MS) setTimeout(again, Math.min(REST * cost, 400));
      else again();
    });
  });
}

function show(events, state) {
  counter += 1;
  log.setSearching(state.search !== null);
  log.quiet();
  log.replace(events);
  ({ search, attached, older, newer } = state);
  tell();
}

// The newest messages, and what comes.
export async function toEnd() {
  if (isAttached()) log.scroller.scrollTop = 0;
  else {
    const found = await newest().catch(() => null);
    if (found) show(found, { search: null, attached: true, older: true, newer: false });
  }
  refresh();
}

async function newest() {
  const tail = recent.newest(TAIL);
  if (tail.length >= TAIL / 2) return tail;
  const before = recent.state();
  const found = await api.messages({ limit: PAGE });
  const end = found.at(-1)?.seq ?? 0;
  return recent.join(before, end) ? [...found, ...recent.after(end)] : recent.newest(TAIL);
}

// What was left out is fetched, where it is to be had.
export async function closeGap() {
  recent.leaveOut();
  if (search !== null || !attached) return;
  const wasAtEnd = log.atEnd();
  attached = false;
  newer = true;
  for (let page = 0; page < GAP_PAGES && newer; page += 1) await loadNewer();
  if (!attached && wasAtEnd) await toEnd();
}

// What is found, the newest of it.
export async function toFound(text) {
  const found = await api.messages({ limit: PAGE, search: text });
  show(found, { search: text, attached: false, older: found.length === PAGE, newer: false });
  if (found.length === 0) one(".all", log.scroller).prepend(copy("empty"));
}

// The conversation around a message.
export async function toMessage(seq) {
  const before = recent.state();
  const [past, next] = await Promise.all([
    api.messages({ limit: PAGE, before: seq + 1 }),
    api.messages({ limit: PAGE, since: seq }),
  ]);
  show([...past, ...next], { search: null, attached: false, older: past.length === PAGE, newer: next.length === PAGE });
  if (!newer) attach(before);
  log.reveal(seq);
}

// Shows again what may stand otherwise now.
export async function renew() {
  const [first, count] = [log.first(), log.count()];
  if (count === 0) return;
  const found = await api.messages({ limit: Math.min(500, count + 50), since: first - 1, search });
  found.forEach((event) => log.exchange(event.seq, event));
}

// Takes over what the server wrote; `state` is what it says of it.
export function begin(state) {
  ({ search, attached, older, newer } = state);
  log.setSearching(search !== null);
  log.scroller.addEventListener("scroll", () => refresh(), { passive: true });
  addEventListener("resize", () => refresh(), { passive: true });
  look();
}
