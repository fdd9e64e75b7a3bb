// Peers, blocks and oneself beside the conversation, as the server tells of them, and what can be done about each.
// Must not know what states mean. Bounds: one question a RENEW_MS, and one each POLL_MS for what nobody tells of.

import { call } from "./api.js";
import { attribute, copy, one, write } from "./dom.js";
import * as link from "./link.js";
import { mark, setNick } from "./message.js";
import * as notices from "./notices.js";

const RENEW_MS = 250;
const POLL_MS = 5000;

// Why links go that somebody should know of.
const CAUSES = { malformed: "sent what nobody can read", flood: "sent too much", slow: "did not read" };
const CAUSES_MAX = 256;

const peers = one("#peers");
const blocks = one("#blocks");
// Why the last link with an address went.
const causes = new Map();
let waiting = null;

// Makes the items of a list those of `entries`, without touching what stays: it may have the focus. While somebody is at it,
// nothing in it changes its place.
function list(section, selector, entries, keyOf, make, change) {
  const holder = one(".list", section);
  const isUsed = holder.matches(":hover, :focus-within");
  const there = new Map(Array.from(holder.querySelectorAll(selector), (item) => [keyOf(item.dataset), item]));
  let before = null;
  for (const entry of entries) {
    const key = keyOf(entry);
    const known = there.get(key);
    const item = known ?? make();
    there.delete(key);
    change(item, entry);
    if (known && isUsed) continue;
    if (isUsed) before = holder.lastElementChild;
    const place = before ? before.nextElementSibling : holder.firstElementChild;
    if (place !== item) holder.insertBefore(item, place);
    before = item;
  }
  there.forEach((item) => item.remove());
  holder.hidden = entries.length === 0;
}

function marked(line, standing) {
  const old = one(".mark", line);
  const word = standing && mark(standing.name);
  if (old?.textContent === word?.textContent) return;
  old?.remove();
  if (word) line.append(word);
}

function field(item, action, name, value) {
  const form = one(`form[action="${action}"]`, item);
  form.elements[name].value = value;
  write(one(".unseen", form), ` ${value}`);
}

function peer(item, { addr, nick, key, mark: standing, state, words, lag, can_connect: canConnect }) {
  item.dataset.addr = addr;
  item.dataset.key = key ?? "";
  one(".dot", item).className = `dot ${state}`;
  write(one(".name", item), nick || addr);
  marked(one(".who", item), standing);
  const behind = lag > 0 ? `, ${lag} messages behind` : "";
  const cause = state !== "connected" && causes.has(addr) ? `: it ${causes.get(addr)}` : "";
  write(one(".hint", item), `${nick ? `${addr}, ` : ""}${words}${behind}${cause}`);
  const action = canConnect ? "/connect" : "/disconnect";
  attribute(one(".link", item).form, "action", action);
  write(one(".link .word", item), canConnect ? "Connect" : "Disconnect");
  field(item, action, "addr", addr);
  field(item, "/block", "who", addr);
  const verify = one(".verify", item);
  verify.hidden = !key;
  write(one(".unseen", verify), ` ${nick || addr}`);
}

function blocked(item, { who, name, why }) {
  item.dataset.who = who;
  write(one(".name", item), name);
  write(one(".hint", item), why);
  const form = one("form", item);
  form.elements.who.value = who;
  write(one(".unseen", form), ` ${name}`);
}

function oneself({ nick, connected, waiting: unsent, disk_problem: problem }) {
  setNick(nick);
  write(one("#you .name"), nick);
  write(one(".links .count"), `${connected} ${connected === 1 ? "peer" : "peers"}`);
  one(".links .dot").className = `dot ${connected > 0 ? "connected" : "waiting"}`;
  const pace = one(".pace.waiting");
  write(pace, `${unsent} of your messages ${unsent === 1 ? "waits" : "wait"} for the pace that other peers accept.`);
  pace.hidden = unsent === 0;
  let disk = one(".problem.disk");
  if (problem && !disk) {
    disk = copy("disk");
    disk.setAttribute("role", "alert");
    one("main").prepend(disk);
  }
  if (problem) write(one("span", disk), problem);
  else disk?.remove();
}

async function renew() {
  waiting = null;
  try {
    const side = await call("GET", "/page/side");
    list(peers, ".peer", side.peers, ({ addr }) => addr, () => copy("peer"), peer);
    one(".none", peers).hidden = side.peers.length > 0;
    list(blocks, ".blocked", side.blocks, ({ who }) => who, () => copy("blocked"), blocked);
    oneself(side);
  } catch {
    // The link tells what is lost.
  }
}

// Asks again how all stands, soon.
export function refresh() {
  waiting ??= setTimeout(renew, RENEW_MS);
}

// What each form of the page asks of the API.
const CALLS = {
  "/connect": ({ addr }) => ["POST", "/api/v1/peers", { addr: addr.value.trim() }],
  "/disconnect": ({ addr }) => ["DELETE", `/api/v1/peers/${encodeURIComponent(addr.value.trim())}`],
  "/block": ({ who }) => ["POST", "/api/v1/blocks", { who: who.value.trim() }],
  "/unblock": ({ who }) => ["DELETE", `/api/v1/blocks/${encodeURIComponent(who.value.trim())}`],
};

// What was done, where the list does not show it.
const DONE = {
  "/connect": (name) => `connecting to ${name}`,
  "/block": (name) => `blocked ${name}`,
};

async function submit(event) {
  const form = event.target;
  const action = form.getAttribute("action");
  const asked = CALLS[action];
  if (!asked) return;
  event.preventDefault();
  notices.clear();
  try {
    await call(...asked(form.elements));
    if (form.classList.contains("ask")) {
      const input = one("input[type=text]", form);
      notices.tell(DONE[action](input.value.trim()));
      input.value = "";
    }
  } catch (refusal) {
    notices.tell(refusal.message, "error");
  }
  renew();
}

function changed({ addr, state, why }) {
  causes.delete(addr);
  if (state !== "connected" && why in CAUSES) causes.set(addr, CAUSES[why]);
  if (causes.size > CAUSES_MAX) causes.delete(causes.keys().next().value);
  refresh();
}

export function begin() {
  one("aside").addEventListener("submit", submit);
  link.on("peer", changed);
  link.on("trust", refresh);
  link.on("live", refresh);
  // A nick, one's own or a peer's, may be another one.
  link.on("message", (event) => event.hello && refresh());
  link.on("notice", refresh);
  setInterval(() => {
    if (!document.hidden && link.isLive()) refresh();
  }, POLL_MS);
}
