// The box to write in: Enter sends, Shift-Enter makes a line; what is typed outlives a reload.
// Must not know how words travel. Bounds: those of the peer.

import * as commands from "./commands.js";
import { copy, one } from "./dom.js";
import * as link from "./link.js";
import { setDivider } from "./log.js";
import * as notices from "./notices.js";
import * as outbox from "./outbox.js";
import * as reply from "./reply.js";
import { toEnd } from "./window.js";

const DRAFT = "draft";

const form = one(".composer");
let box = null;
// The command that was not answered yet.
let asked = null;

// In place of the server's line, which can hold one only.
function widen() {
  const plain = one("#message");
  const wide = copy("box");
  wide.value = plain.value || sessionStorage.getItem(DRAFT) || "";
  // Where this runs before the first frame, the browser has not given it the focus yet.
  const focused = document.activeElement === plain || (plain.autofocus && document.activeElement === document.body);
  plain.replaceWith(wide);
  if (focused) wide.focus();
  wide.setSelectionRange(wide.value.length, wide.value.length);
  return wide;
}

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

function set(text) {
  box.value = text;
  changed();
}

function changed() {
  try {
    sessionStorage.setItem(DRAFT, box.value);
  } catch {
    // Without room it lives as long as the page.
  }
  grow();
  commands.look();
}

// What a command answers is shown as a notice; a name that is none is told by the peer too, and never said.
function command(text) {
  notices.clear();
  if (!link.command(text)) {
    notices.tell("not connected to your peer now: try again in a moment", "error");
    return;
  }
  if (!commands.named(text)) return;
  asked = text;
  set("");
}

// The peer told something: a command that was refused can be put right.
export function answered({ level }) {
  if (asked && level === "error" && box.value === "") set(asked);
  asked = null;
}

async function send() {
  const text = box.value;
  if (text.trim() === "") return;
  commands.close();
  const isCommand = text.startsWith("/") && !text.startsWith("//");
  if (isCommand && !commands.isSaid(commands.named(text))) {
    command(text);
    return;
  }
  if (!outbox.say(isCommand ? text : text.replace(/^\/\//, "/"), reply.current())) {
    notices.tell("too many messages wait to be sent: try again in a moment", "error");
    return;
  }
  reply.cancel();
  notices.clear();
  setDivider(null);
  set("");
  await toEnd();
}

// Takes back what was said and not sent, before what is written already.
export function takeBack({ body, reply: answered }) {
  const typed = body.startsWith("/") && !commands.isSaid(commands.named(body)) ? `/${body}` : body;
  set(box.value.trim() === "" ? typed : `${typed}\n${box.value}`);
  if (answered) reply.answer(answered);
  box.focus();
}

function key(event) {
  if (event.isComposing) return;
  if (commands.key(event)) event.preventDefault();
  else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape" && reply.cancel()) event.preventDefault();
}

export function begin() {
  box = widen();
  commands.begin(box);
  box.addEventListener("keydown", key);
  box.addEventListener("input", changed);
  box.addEventListener("blur", commands.close);
  box.addEventListener("focus", commands.look);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    box.focus();
  });
  grow();
}
