// What the user says until it is in the history: at once in the list as pending, then sent, or failed with its reason.
// Must not know where the words were typed. Bounds: WAITING_MAX; one at a time goes up, so that their order is kept.

import * as api from "./api.js";
import { copy, one } from "./dom.js";
import * as delivery from "./delivery.js";
import * as link from "./link.js";
import * as log from "./log.js";
import { goesOn, make, nick } from "./message.js";
import { isAttached } from "./window.js";

// A guess: nobody types faster than they go.
const WAITING_MAX = 256;
// So long after a failure that was nobody's fault, it is tried again.
const AGAIN_MS = 3000;
const KEPT = "outbox";
// What was wrong with the words themselves is wrong the next time too: they are to be written anew.
const HOPELESS = [400, 413, 422];

const list = one(".outbox ol", log.scroller);
// In the order in which they were said.
let items = [];
let sending = false;
let takeBack = null;
let again = null;

// Over a reload nothing is lost, and the tag of each sees to it that nothing is said twice.
function keep() {
  const kept = items.map(({ client, body, reply, state, why, away, hopeless }) => ({ client, body, reply, state, why, away, hopeless }));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // Without room they live as long as the page.
  }
}

function show(item) {
  const { key, addr } = document.body.dataset;
  const event = { trust: "self", nick: nick(), key, addr, body: item.body, reply: item.reply?.id, received: Date.now(), time: null };
  const row = make(event, () => item.reply, false);
  item.row = row;
  row.node.dataset.client = item.client;
  one(".acts", row.node).remove();
  list.append(row.node);
  const before = items[items.indexOf(item) - 1]?.row ?? log.lastRow();
  row.node.classList.toggle("goes-on", goesOn(before, row));
  row.node.append(copy("state"));
  one(".retry", row.node).addEventListener("click", () => retry(item));
  one(".edit", row.node).addEventListener("click", () => edit(item));
  one(".discard", row.node).addEventListener("click", () => discard(item));
  turn(item, item.state, item.why);
}

const WORDS = { pending: "Sending…", sent: "Sent" };

function turn(item, state, why) {
  [item.state, item.why] = [state, why];
  const node = item.row.node;
  node.dataset.state = state;
  one(".state .word", node).textContent = why ? `Not sent: ${why}` : WORDS[state];
  const failed = state === "failed";
  one(".retry", node).hidden = !failed || item.hopeless;
  one(".edit", node).hidden = !failed || !item.hopeless;
  one(".discard", node).hidden = !failed;
  keep();
}

function remove(item) {
  items = items.filter((other) => other !== item);
  item.row.node.remove();
  keep();
}

function retry(item) {
  turn(item, "pending");
  one("#message").focus();
  send();
}

function edit(item) {
  log.hold(() => remove(item));
  takeBack(item);
}

function discard(item) {
  log.hold(() => remove(item));
  one("#message").focus();
}

async function send() {
  if (sending) return;
  sending = true;
  for (let item; (item = items.find((each) => each.state === "pending")); ) {
    try {
      const { client, body, reply } = item;
      const said = await api.call("POST", "/api/v1/messages", { client, body, reply: reply?.id });
      item.seq = said.seq;
      delivery.said(said.seq);
      turn(item, "sent");
      // Where its row is not awaited, it is found on the way to the end.
      if (log.row(said.seq) || !isAttached()) log.hold(() => remove(item));
    } catch (refusal) {
      if (item.seq) {
        // Its message came all the same.
        remove(item);
        continue;
      }
      item.away = refusal.status === 0 || refusal.status === 401;
      item.hopeless = HOPELESS.includes(refusal.status);
      // What follows would only overtake it.
      const all = refusal.status === 0 ? items.filter((each) => each.state === "pending") : [item];
      log.hold(() => {
        for (const each of all) {
          each.away = item.away;
          turn(each, "failed", refusal.message);
        }
      });
      // Where the link is lost too, it is tried again once that is back.
      if (item.away) again ??= setTimeout(() => link.isLive() && resend(), AGAIN_MS);
    }
  }
  sending = false;
}

// Says something. `false`: too much waits already.
export function say(body, reply) {
  if (items.length >= WAITING_MAX) return false;
  const item = { client: api.tag(), body, reply, state: "pending", why: undefined };
  items.push(item);
  log.hold(() => show(item));
  // What failed before it goes before it.
  if (link.isLive()) resend();
  else send();
  return true;
}

// A message of one's own is in the history: it takes the place of what was pending.
export function arrived(event) {
  if (event.via !== "self") return;
  const known = items.find((item) => item.seq === event.seq);
  const item = known ?? items.find((each) => each.state === "pending" && !each.seq && each.body === event.body && !event.file);
  if (item) item.seq = event.seq;
}

// Its row is in the list.
export function listed(seq) {
  const item = items.find((each) => each.seq === seq);
  if (!item) return;
  item.row.node.remove();
  if (item.state === "sent") remove(item);
}

// What failed only because nobody was there goes out, now that somebody is: its tag sees to it that nothing is said twice.
export function resend() {
  clearTimeout(again);
  again = null;
  items.filter((item) => item.state === "failed" && item.away).forEach((item) => turn(item, "pending"));
  send();
}

// Shows again what was not sent before a reload. `editor` takes back what is to be written anew.
export function begin(editor) {
  takeBack = editor;
  try {
    items = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    items = [];
  }
  items.forEach((item) => {
    if (item.state === "sent" || item.away) [item.state, item.why] = ["pending", undefined];
  });
  log.hold(() => items.forEach(show));
  send();
}
