// What came while nobody looked: its number in the title and on the way back to the end, and a line before the first of it.
// Must not know what was said. Bounds: told of every PAUSE_MS at most, also where nobody sees a frame.

import { one, write } from "./dom.js";
import * as log from "./log.js";
import * as page from "./window.js";

const PAUSE_MS = 100;

const toEnd = one(".to-end");
const title = document.title;
let unread = 0;
let waiting = null;

const isSeen = () => !document.hidden && page.isAtEnd();

function show() {
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
  toEnd.hidden = page.isAtEnd() || (page.isSearching() && unread === 0);
  write(toEnd, unread > 0 ? `${unread} new ${unread === 1 ? "message" : "messages"}` : "To the newest");
}

function look() {
  if (isSeen()) unread = 0;
  show();
}

// A message came.
export function count(event) {
  if (event.via === "self" || event.replay || isSeen()) return;
  unread += 1;
  if (unread === 1) log.setDivider(event.seq);
  waiting ??= setTimeout(() => {
    waiting = null;
    show();
  }, PAUSE_MS);
}

export function begin() {
  page.watch(look);
  document.addEventListener("visibilitychange", look);
  toEnd.addEventListener("click", async () => {
    await page.toEnd();
    one("#message").focus();
  });
  look();
}
