// The newest messages that the peer told of, whether they are shown or not: all after `floor`.
// Must not know the list. Bounds: RECENT_MAX messages.

const RECENT_MAX = 1000;

let kept = [];
// All messages after this seq are here; infinite where some were left out and none came since.
let floor = 0;
// How often some went, so that who fetches what is before them notices.
let losses = 0;

export const begin = (seq) => {
  kept = [];
  floor = seq;
  losses += 1;
};

// Takes in a message that came.
export function add(event) {
  if (floor === Infinity) floor = event.seq - 1;
  kept.push(event);
  // In steps: to move all for each one would be work.
  if (kept.length > 2 * RECENT_MAX) {
    floor = kept[RECENT_MAX - 1].seq;
    kept = kept.slice(RECENT_MAX);
    losses += 1;
  }
}

// Some were left out.
export const leaveOut = () => begin(Infinity);

// Whether all that was said after `seq` is here.
export const reaches = (seq) => seq >= floor;

// To be asked before the history is.
export const state = () => losses;

// All of the history up to now was fetched, of which `seq` is the newest: whether what came since `before` is all here.
export function join(before, seq) {
  if (before === losses) floor = Math.min(floor, seq);
  return reaches(seq);
}

// Those after `seq`, oldest first.
export function after(seq) {
  let from = kept.length;
  while (from > 0 && kept[from - 1].seq > seq) from -= 1;
  return kept.slice(from);
}

// Those before `seq`, oldest first: the newest `most` of them.
export function before(seq, most) {
  let end = kept.length;
  while (end > 0 && kept[end - 1].seq >= seq) end -= 1;
  return kept.slice(Math.max(0, end - most), end);
}

export const newest = (most) => kept.slice(-most);
export const newestSeq = () => kept.at(-1)?.seq ?? (floor === Infinity ? 0 : floor);
