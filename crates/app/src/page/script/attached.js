// Files that came with messages: pictures in the list, and what waits to be taken.
// Must not know how files travel. Bounds: pictures of rows that are near the screen; the server says which are safe and how large.

import { call } from "./api.js";
import { copy, one } from "./dom.js";
import * as log from "./log.js";
import * as notices from "./notices.js";

// What a browser decodes and never runs; of these the server tells the type by the bytes.
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const shownBy = new WeakMap();

async function take(file, button) {
  try {
    await call("POST", `/api/v1/files/${file.dataset.hash}`);
    button.remove();
    await look(file);
  } catch (refusal) {
    notices.tell(refusal.message, "error");
  }
}

function offer(file) {
  const button = copy("take");
  button.addEventListener("click", () => take(file, button));
  one("a", file).addEventListener("click", () => take(file, button), { once: true });
  log.hold(() => file.append(" ", button));
}

async function picture(file, { width, height }) {
  const answer = await fetch(`/api/v1/files/${file.dataset.hash}`);
  const type = answer.headers.get("content-type");
  if (!answer.ok || !PICTURES.includes(type)) return;
  const url = URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type }));
  const view = copy("picture");
  const image = one("img", view);
  const link = one("a", file);
  [image.width, image.height] = [width, height];
  image.alt = one(".name", file).textContent;
  image.src = url;
  view.href = link.href;
  view.download = link.download;
  const isWhole = await image.decode().then(() => true, () => false);
  // Of what is broken the download stands.
  if (!isWhole || !file.isConnected) return URL.revokeObjectURL(url);
  shownBy.set(file, url);
  log.hold(() => file.prepend(view));
}

async function look(file) {
  let standing;
  try {
    standing = await call("GET", `/page/file/${file.dataset.hash}`);
  } catch {
    // It is not kept: the server's own words stand.
    return;
  }
  if (!file.isConnected) return;
  if (!standing.taken && !one(".take", file)) offer(file);
  // What nobody took is drawn for nobody.
  if (standing.taken && standing.picture && !one(".picture", file)) await picture(file, standing.picture);
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      look(target);
    }
  },
  { root: log.scroller, rootMargin: "50% 0px" },
);

// A row is in the list.
export function listed(row) {
  const file = one(".file", row.node);
  if (file && one("a", file)) near.observe(file);
}

// A row is not in the list any more.
export function dropped(row) {
  const file = one(".file", row.node);
  if (!file) return;
  near.unobserve(file);
  const url = shownBy.get(file);
  if (url) URL.revokeObjectURL(url);
}
