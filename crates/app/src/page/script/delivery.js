// To how many peers one's own words went, beside each of them. Must not know how words travel. Bounds: KEPT_MAX.

import { copy, one } from "./dom.js";
import * as log from "./log.js";

// Messages of which is known how far they went (a guess: several times what a list shows).
const KEPT_MAX = 1000;
// What reached nobody until then is told to have reached nobody yet.
const NOBODY_MS = 1000;

const went = new Map();

function show({ node }, links) {
  const there = one(".went", node);
  const word = there ?? copy("went");
  one(".count", word).textContent = links;
  const words = links === 0 ? "reached nobody yet" : `went to ${links} ${links === 1 ? "peer" : "peers"}`;
  one(".unseen", word).textContent = word.title = words;
  if (!there) one(".head", node).append(word);
}

// A row is in the list.
export function listed(row) {
  const links = went.get(row.seq);
  if (links !== undefined) show(row, links);
}

// A message of one's own came to so many peers.
export function told({ seq, links }) {
  went.set(seq, links);
  if (went.size > KEPT_MAX) went.delete(went.keys().next().value);
  const row = log.row(seq);
  if (row) show(row, links);
}

// A message of one's own is in the history: if nobody takes it, that is told.
export function said(seq) {
  setTimeout(() => went.has(seq) || told({ seq, links: 0 }), NOBODY_MS);
}
