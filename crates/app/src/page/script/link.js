// The WebSocket: events in their order, each message once, and a new one where it was cut.
// Must not know what events mean to whom. Bounds: BACK_OFF_MAX_MS between tries.

import { call } from "./api.js";
import { one } from "./dom.js";

const BACK_OFF_MS = 400;
const BACK_OFF_MAX_MS = 15_000;
// Who is not signed in may have done so in another tab.
const SIGNED_OUT_MS = 10_000;
// Of a WebSocket whose seat went to somebody else (IANA's registry of close codes: try again later).
const CROWDED = 1013;
// A first connection that takes no longer is nothing to tell of.
const TELL_AFTER_MS = 1500;

const line = one("#link");
const handlers = new Map();
let socket = null;
let newest = 0;
let run = "";
let tries = 0;
let waiting = null;

// Has events of that kind given to `handler`; `live` and `lost` are our own.
export const on = (kind, handler) => handlers.set(kind, [...(handlers.get(kind) ?? []), handler]);
const give = (event) => handlers.get(event.event)?.forEach((handler) => handler(event));

export const isLive = () => document.documentElement.dataset.link === "live";

function say(text, ...elements) {
  line.replaceChildren(...(text ? [`${text} `, ...elements] : []));
}

function turn(state) {
  if (document.documentElement.dataset.link === state) return;
  document.documentElement.dataset.link = state;
  give({ event: state });
}

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

function signIn() {
  const made = document.createElement("a");
  made.href = "/login";
  made.textContent = "Sign in";
  return made;
}

// Sends up a command; `false`: nobody would get it.
export function command(text) {
  if (!isLive()) return false;
  socket.send(JSON.stringify({ command: text }));
  return true;
}

function take(event) {
  switch (event.event) {
    case "hello":
      // Another run may be another version, and may have forgotten what it had not kept.
      if (event.run !== run) {
        location.reload();
        return;
      }
      tries = 0;
      say("");
      turn("live");
      break;
    case "message":
    case "upgrade":
      // What was told before the cut is not told again, and greetings are no part of the history.
      if (!event.hello && event.seq <= newest) return;
      if (!event.hello) newest = event.seq;
      break;
  }
  give(event);
}

// Tries again after a while: longer each time, and not all pages at once.
function again(ms) {
  clearTimeout(waiting);
  waiting = setTimeout(connect, ms);
}

async function lost(told) {
  socket = null;
  turn("lost");
  let signedOut = told;
  if (!signedOut) {
    const refused = await call("GET", "/api/v1/status").then(() => null, (refusal) => refusal);
    signedOut = refused?.status === 401;
  }
  if (socket) return;
  if (signedOut) {
    say("You are signed out here: what is said now does not arrive.", signIn());
    again(SIGNED_OUT_MS);
    return;
  }
  say("The connection to your peer is lost. Trying again…", button("Try now", connect));
  const pause = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** tries);
  tries += 1;
  again(pause * (0.5 + Math.random() / 2));
}

function connect() {
  clearTimeout(waiting);
  if (socket) return;
  const mine = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/ws?since=${newest}`);
  socket = mine;
  mine.onmessage = ({ data }) => {
    if (socket === mine) take(JSON.parse(data));
  };
  mine.onclose = ({ code, reason }) => {
    if (socket !== mine) return;
    // Others need the seat: whoever comes back at once takes it from the next one.
    if (code === CROWDED) tries = Infinity;
    lost(reason === "the session has ended");
  };
}

// Begins with what comes after `seq`, of that run of the peer.
export function begin(seq, since) {
  [newest, run] = [seq, since];
  turn("connecting");
  setTimeout(() => {
    if (document.documentElement.dataset.link === "connecting") say("Connecting to your peer…");
  }, TELL_AFTER_MS);
  addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) connect();
  });
  // A page that a browser kept aside comes back without its socket.
  addEventListener("pageshow", connect);
  connect();
}
