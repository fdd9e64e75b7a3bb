// One event as one element, made after the server's own markup. Must not know where it stands.

import { copy, one } from "./dom.js";
import * as text from "./text.js";
import { told, when } from "./time.js";

const PAUSE_MAX_MS = 5 * 60 * 1000;
const HUES = 12;
// Longer ones are folded, or one message could fill screens (a guess: more than people write; as the terminal has it).
const LINES_MAX = 24;
const CHARS_MAX = 2500;

let own = document.body.dataset.nick;

// One's own nick, which others may mention.
export function setNick(nick) {
  own = nick;
}

export const nick = () => own;

// FNV-1a, 32 bits, of UTF-8, as the server has it.
const encoder = new TextEncoder();
function hue(event) {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(event.key ?? event.nick + event.addr)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % HUES;
}

const marks = copy("marks");

// What a standing is called, as an element; nothing where it needs no word.
export function mark(name) {
  const found = one(`.mark.${CSS.escape(name)}`, marks);
  return found?.textContent ? found.cloneNode(true) : null;
}

const fileWarning = (event) =>
  event.file && event.file_claimed
    ? `${event.file.name} is not what its author calls it: ${event.file_claimed} by the message, ${event.file.type} by its bytes`
    : null;

// Whether a Body is only what stands there for peers that show no files, whose name may have got an extension here.
function tellsOf(body, { name, type }) {
  const end = /, [0-9.]+ (B|kB|MB)$/.exec(body);
  if (!end || !body.startsWith("sends ") || !body.slice(0, end.index).endsWith(`, ${type}`)) return false;
  const named = body.slice("sends ".length, end.index - `, ${type}`.length);
  return named !== "" && (name === named || name.startsWith(`${named}.`));
}

function warn(element, words) {
  if (words) element.textContent = `Careful: ${text.line(words)}`;
  else element.remove();
}

function head(row, event, at) {
  const author = one(".author", row);
  author.textContent = text.author(event);
  author.title = text.addr(event.addr);
  const key = one(".key", row);
  if (event.short) key.textContent = `~${text.line(event.short)}`;
  else key.remove();
  const word = mark(event.trust);
  if (word) one(".mark", row).replaceWith(word);
  else one(".mark", row).remove();
  const time = one("time", row);
  time.dateTime = at.datetime;
  time.textContent = at.time;
  time.title = at.all + (event.replay ? ", before the link it came by was up" : "");
}

function quote(element, answered) {
  if (!answered) {
    element.textContent = "Answers a message that is not on this page";
    return;
  }
  one("a", element).href = `#m-${answered.seq}`;
  one(".author", element).textContent = answered.author;
  one(".excerpt", element).textContent = answered.excerpt;
}

function file(element, event) {
  const link = one("a", element);
  element.dataset.hash = event.file.hash;
  link.href = `/api/v1/files/${encodeURIComponent(event.file.hash)}`;
  link.download = text.line(event.file.name);
  one(".name", element).textContent = text.line(event.file.name);
  one(".kind", element).textContent = `${text.line(event.file.type)}, ${text.size(event.file.size)}`;
}

// What the list keeps of a message. `find` gives what an ID was said as, where it is known.
export function make(event, find, searching) {
  const node = copy("message");
  const at = when(event);
  const words = text.action(event.body) ?? event.body;
  const isAction = words !== event.body;
  node.className = `message hue-${hue(event)} from-${event.trust}`;
  if (isAction) node.classList.add("action");
  head(node, event, at);
  if (event.trust !== "self" && text.mentions(event.body, own)) node.classList.add("mention");
  else one(".to-me", node).remove();
  if (event.reply) quote(one(".quote", node), find(event.reply, event.seq));
  else one(".quote", node).remove();
  const body = one(".body", node);
  body.textContent = "";
  if ((event.file && tellsOf(words, event.file)) || !text.fill(body, words)) body.remove();
  if (event.file) file(one(".file", node), event);
  else one(".file", node).remove();
  warn(one(".warning.of-file", node), fileWarning(event));
  warn(one(".warning.of-author", node), event.warning);
  one(searching ? ".reply" : ".show", node).remove();
  const act = one(".acts a", node);
  act.href = searching ? `/?before=${event.seq + 1}` : `/?reply=${event.seq}`;
  const verify = one(".acts .verify", node);
  if (event.key && event.trust !== "self" && event.trust !== "verified") verify.dataset.key = event.key;
  else verify.remove();
  one(".reply .unseen", node)?.replaceChildren(` ${one(".author", node).textContent}, ${at.time}`);
  if (event.seq) {
    node.id = `m-${event.seq}`;
    node.dataset.seq = event.seq;
    node.dataset.id = event.id;
  }
  return known(node, {
    seq: event.seq,
    key: event.key,
    date: at.date,
    day: at.day,
    at: told(event),
    plain: !event.warning && !isAction,
    alone: Boolean(event.reply) || event.trust === "changed",
  });
}

// What the list keeps of one that the server wrote.
export function adopt(node) {
  const day = node.closest(".day");
  return known(node, {
    seq: Number(node.dataset.seq),
    key: null,
    date: day.dataset.day,
    day: one("h2 time", day).textContent,
    at: Date.parse(one("time", node).dateTime),
    plain: !one(".warning.of-author", node) && !node.classList.contains("action"),
    alone: Boolean(one(".quote", node)) || node.classList.contains("from-changed"),
  });
}

// Shows the beginning of a long text, and a way to the rest.
function fold(body) {
  const said = body?.textContent ?? "";
  if (said.length <= CHARS_MAX && said.split("\n", LINES_MAX + 1).length <= LINES_MAX) return;
  body.after(copy("unfold"));
  setFolded(body, true);
}

// Folds a long text, or shows all of it.
export function setFolded(body, is) {
  body.classList.toggle("folded", is);
  const button = body.nextElementSibling;
  button.textContent = is ? "Show all of it" : "Show less";
  button.setAttribute("aria-expanded", String(!is));
}

function known(node, row) {
  fold(one(".body", node));
  const author = one(".author", node);
  const said = (one(".body", node) ?? one(".file .name", node))?.textContent.split("\n").find((each) => each.trim()) ?? "";
  return Object.assign(row, {
    node,
    id: node.dataset.id,
    author: author.textContent,
    // Who it seems to be: what a reader sees of the author.
    by: [author.textContent, author.title, one(".key", node)?.textContent, /from-\w+/.exec(node.className)[0]].join("\n"),
    get excerpt() {
      return text.excerpt(said);
    },
  });
}

// Whether the author of `before` goes on with `row`.
export function goesOn(before, row) {
  const pause = row.at - (before?.at ?? 0);
  return Boolean(before) && before.date === row.date && before.by === row.by && before.plain && row.plain && !row.alone && pause >= 0 && pause < PAUSE_MAX_MS;
}
