// Files that go out: by button, drop or paste, one after the other, with how far each has come.
// Must not know how the peer sends them. Bounds: FILE_BYTES_MAX each, FILES_MAX that wait.

import { refusal, tag } from "./api.js";
import { copy, one } from "./dom.js";
import * as notices from "./notices.js";
import * as reply from "./reply.js";
import { size } from "./text.js";
import { toEnd } from "./window.js";

// What a classic link carries.
const FILE_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 20;

const list = one(".uploads");
let items = [];
let current = null;

function turn(item, state, words) {
  item.state = state;
  item.node.dataset.state = state;
  one(".word", item.node).textContent = words;
  one("progress", item.node).hidden = state === "failed";
  one(".retry", item.node).hidden = state !== "failed" || item.isHopeless;
  one(".discard", item.node).textContent = state === "failed" ? "Dismiss" : "Cancel";
}

function remove(item) {
  items = items.filter((other) => other !== item);
  item.node.remove();
  item.request?.abort();
}

function add(file) {
  const node = copy("upload");
  const item = { file, node, client: tag(), reply: reply.current()?.id, request: null, isHopeless: false };
  one(".name", node).textContent = file.name;
  one("progress", node).setAttribute("aria-label", `Sending ${file.name}`);
  one(".discard", node).addEventListener("click", () => {
    remove(item);
    one("#message").focus();
  });
  one(".retry", node).addEventListener("click", () => {
    turn(item, "waiting", "Waiting…");
    next();
  });
  list.append(node);
  items.push(item);
  if (file.size > FILE_BYTES_MAX || file.size === 0) {
    item.isHopeless = true;
    turn(item, "failed", file.size === 0 ? "Not sent: it is empty." : `Not sent: it is ${size(file.size - FILE_BYTES_MAX)} longer than 1 MiB, the most that can be sent.`);
  } else turn(item, "waiting", "Waiting…");
}

function next() {
  const item = !current && items.find((each) => each.state === "waiting");
  if (!item) return;
  current = item;
  turn(item, "sending", "Sending…");
  const query = new URLSearchParams({ name: item.file.name, client: item.client });
  if (item.reply) query.set("reply", item.reply);
  const request = new XMLHttpRequest();
  item.request = request;
  request.open("POST", `/api/v1/files?${query}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  const bar = one("progress", item.node);
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = total > 0 ? loaded / total : 0;
  };
  request.upload.onload = () => {
    one(".word", item.node).textContent = "Waiting for its turn…";
  };
  request.onloadend = () => {
    current = null;
    item.request = null;
    if (request.status === 200 || request.status === 201) remove(item);
    else if (items.includes(item)) turn(item, "failed", `Not sent: ${refusal(request.status, request.responseText).message}`);
    next();
  };
  request.send(item.file);
}

async function send(files) {
  const fitting = Array.from(files).slice(0, FILES_MAX - items.length);
  if (fitting.length < files.length) notices.tell(`at most ${FILES_MAX} files wait to be sent: send the others after these`, "error");
  fitting.forEach(add);
  reply.cancel();
  next();
  await toEnd();
}

// What is dropped, without folders: they have no bytes.
function dropped({ items: given }) {
  const files = Array.from(given).filter((item) => item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory);
  return files.map((item) => item.getAsFile());
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

export function begin() {
  const input = one("#file");
  one(".attach").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    send(input.files);
    input.value = "";
    one("#message").focus();
  });
  // A browser keeps no files over a reload.
  addEventListener("beforeunload", (event) => {
    if (items.some((item) => item.state !== "failed")) event.preventDefault();
  });
  addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    if (files.length === 0) return;
    event.preventDefault();
    send(files);
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (!hasFiles(event)) return;
    event.preventDefault();
    send(dropped(event.dataTransfer));
  });
}
