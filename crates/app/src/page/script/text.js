// Text of strangers as the server shows it too (`shown::safe` and `page::text`, which say why): what a reader could not see
// becomes a visible escape. Must not know where it is shown. Bounds: as there.

const NICK_GRAPHEMES_MAX = 32;
const ADDR_GRAPHEMES_MAX = 64;
const MARKS_MAX = 8;
const NAME_GRAPHEME_CHARS_MAX = 16;
const EXCERPT_GRAPHEMES_MAX = 80;
const UNITS = ["MB", "GB", "TB"];

const PLAIN = /^[ -~]*$/;
const HIDDEN = /[\p{Cc}\p{Noncharacter_Code_Point}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
const SELECTOR = /[\u180b-\u180d\u180f\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
const ATTACHED = /[\p{Mn}\p{Me}\p{Grapheme_Extend}\u1160-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb]/u;
const TONE = /[\u{1f3fb}-\u{1f3ff}]/u;
const SHAPED = /[\u0600-\u0dff\u1000-\u109f\u1780-\u18af]/u;
const PICTOGRAPH = /\p{Extended_Pictographic}/u;
const BLANKS = /[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+/u;
const LINK = /https?:\/\/[^\s<>"\x60{}|\\^]+/giu;

const segments = new Intl.Segmenter("und", { granularity: "grapheme" });
const graphemes = (text) => Array.from(segments.segment(text), (part) => part.segment);
const escape = (c) => `\\u{${c.codePointAt(0).toString(16)}}`;

function joins(joiner, base, next) {
  if (!base || !next) return false;
  return (SHAPED.test(base) && SHAPED.test(next)) || (joiner === "\u200d" && PICTOGRAPH.test(base) && PICTOGRAPH.test(next));
}

function varies(c, before) {
  if (!before) return false;
  if (/[\ufe00-\ufe0f]/u.test(c)) {
    return /[0-9#*]/.test(before) || !(/[\0-\x7f]|\s/u.test(before) || SELECTOR.test(before));
  }
  if (/[\u{e0100}-\u{e01ef}]/u.test(c)) return /[\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u.test(before);
  return /[\u180b-\u180d\u180f]/u.test(c) && /[\u1820-\u18aa]/u.test(before);
}

// One line of any text.
export function line(text) {
  if (PLAIN.test(text)) return text;
  let safe = "";
  let before = null;
  let base = null;
  let marks = 0;
  const chars = Array.from(text);
  const found = (c) => {
    safe += c;
    before = base = c;
    marks = 0;
  };
  const attached = (c) => {
    safe += c;
    before = c;
  };
  chars.forEach((c, index) => {
    if (c === "\t") found(" ");
    else if ((c === "\u200c" || c === "\u200d") && joins(c, base, chars[index + 1])) attached(c);
    else if (varies(c, before)) attached(c);
    else if (HIDDEN.test(c)) {
      safe += escape(c);
      before = base = null;
      marks = 0;
    } else if (TONE.test(c) && base) attached(c);
    else if (ATTACHED.test(c)) {
      if (!base) found("\u25cc");
      marks += 1;
      if (marks <= MARKS_MAX) attached(c);
      else if (marks === MARKS_MAX + 1) safe += "…";
    } else found(c);
  });
  return safe;
}

function name(text, most) {
  const words = text.split(BLANKS).filter(Boolean).join(" ");
  let safe = line(words).replaceAll(": ", "\\u{3a} ").replace(/[~(](?=[0-9a-fA-F]{8})/g, escape);
  if (safe.startsWith("* ")) safe = `\\u{2a} ${safe.slice(2)}`;
  if (safe.length <= most && PLAIN.test(safe)) return safe;
  const parts = graphemes(safe);
  const kept = parts.length > most ? [...parts.slice(0, most - 1), "…"] : parts;
  return kept.map((part) => (Array.from(part).length > NAME_GRAPHEME_CHARS_MAX ? "…" : part)).join("");
}

export const nick = (text) => name(text, NICK_GRAPHEMES_MAX);
export const addr = (text) => name(text, ADDR_GRAPHEMES_MAX);

// Who said something: the user's own name for them, else the nick, else the address.
export const author = (event) => nick(event.petname ?? event.nick) || addr(event.addr) || "?";

const lines = (body) =>
  body
    .replace(/[\n\r]+$/, "")
    .split("\n")
    .map((each) => each.replace(/\r$/, "").split("\t").map(line).join("\t"));

// The words of `/me`, where a Body has them.
export function action(body) {
  return body.startsWith("/me ") && body.slice(4).trim() !== "" ? body.slice(4) : null;
}

// The beginning of a Body, in one line.
export function excerpt(body) {
  const first = (lines(body).find((each) => each.trim() !== "") ?? "").trim();
  const parts = graphemes(first.slice(0, 20 * EXCERPT_GRAPHEMES_MAX));
  return parts.length > EXCERPT_GRAPHEMES_MAX ? `${parts.slice(0, EXCERPT_GRAPHEMES_MAX).join("")}…` : first;
}

// Where a link ends: a full stop belongs to the sentence, and a bracket to the one before the link.
function linkEnd(link) {
  let end = link.length;
  for (;;) {
    const last = link[end - 1];
    const opens = { ")": "(", "]": "[" }[last];
    const count = (c) => link.slice(0, end).split(c).length;
    if (!/[.,:;!?'…)\]*]/u.test(last) || (opens && count(opens) >= count(last))) return end;
    end -= 1;
  }
}

// Whether a link names a host: one label, several of which the last is as long as those of the world are, or numbers.
function hasHost(link) {
  const [, host] = /^https?:\/\/([^/?#:]*)/i.exec(link);
  return /^[\p{L}\p{N}]/u.test(host) && (/^[^.]+$|\.[^.]{2,}\.?$/u.test(host) || /^[0-9.]+$/.test(host));
}

// Fills an element with a Body and the links in it.
export function fill(element, body) {
  const text = lines(body).join("\n");
  let done = 0;
  for (const found of text.matchAll(LINK)) {
    const link = found[0].slice(0, linkEnd(found[0]));
    if (!hasHost(link)) continue;
    element.append(text.slice(done, found.index));
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer nofollow";
    anchor.textContent = link;
    element.append(anchor);
    done = found.index + link.length;
  }
  element.append(text.slice(done));
  return text !== "";
}

// Whether a Body has the nick as a word of its own.
export function mentions(body, own) {
  const [text, word] = [body.toLowerCase(), own.trim().toLowerCase()];
  const inside = (c) => c !== undefined && /[\p{Alphabetic}\p{N}_]/u.test(c);
  if (word === "") return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = Array.from(text.slice(Math.max(0, at - 2), at)).at(-1);
    const after = Array.from(text.slice(at + word.length, at + word.length + 2))[0];
    if (!inside(before) && !inside(after)) return true;
  }
  return false;
}

// A length as people read it.
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.floor((bytes + 500) / 1000)} kB`;
  let tenths = Math.floor((bytes + 50_000) / 100_000);
  let unit = 0;
  for (; tenths >= 10_000 && unit < UNITS.length - 1; unit += 1) tenths = Math.floor((tenths + 500) / 1000);
  return `${Math.floor(tenths / 10)}.${tenths % 10} ${UNITS[unit]}`;
}
