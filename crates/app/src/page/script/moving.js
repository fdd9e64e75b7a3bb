// Long files on their way, a line each: which, from or to whom, how far. Must not know what becomes of them.
// Bounds: MOVING_MAX lines, each for SILENCE_MS after it was told of last.

import { copy, one, write } from "./dom.js";
import { addr, line, size } from "./text.js";

const MOVING_MAX = 3;
// Of a link that is lost, or stands still, nothing is told any more.
const SILENCE_MS = 3000;

const WORK = { hash: ["Reading", ""], send: ["Sending", " to "], receive: ["Receiving", " from "] };

const list = one(".moving");
const lines = new Map();

function remove(key) {
  const { node, timer } = lines.get(key);
  clearTimeout(timer);
  lines.delete(key);
  node.remove();
}

function add(key) {
  const node = copy("moving");
  lines.set(key, { node });
  if (lines.size > MOVING_MAX) remove(lines.keys().next().value);
  list.append(node);
}

function show({ node }, { what, name, peer, done, total }) {
  const [work, towards] = WORK[what] ?? WORK.hash;
  const words = `${work} ${name ? line(name) : "a file"}${peer ? towards + addr(peer) : ""}`;
  write(one(".word", node), words);
  write(one(".far", node), total > 0 ? `${Math.floor((100 * done) / total)}% of ${size(total)}` : size(done));
  const bar = one("progress", node);
  bar.setAttribute("aria-label", words);
  if (total > 0) bar.value = done / total;
}

// How far one has come.
export function told(progress) {
  const { what, name, peer, done, total } = progress;
  const key = JSON.stringify([what, name, peer]);
  if (total > 0 && done >= total) {
    if (lines.has(key)) remove(key);
    return;
  }
  if (!lines.has(key)) add(key);
  show(lines.get(key), progress);
  const entry = lines.get(key);
  clearTimeout(entry.timer);
  entry.timer = setTimeout(() => remove(key), SILENCE_MS);
}
