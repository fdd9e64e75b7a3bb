// What the next message answers: the bar above the box. Must not know how it is sent.

import { copy, one } from "./dom.js";
import * as log from "./log.js";

const form = one(".composer");
let answered = null;

// The message that is answered, or nothing.
export const current = () => answered;

export function cancel() {
  if (!answered) return false;
  answered = null;
  one(".answering", form)?.remove();
  return true;
}

// Answers that row.
export function answer(row) {
  cancel();
  answered = { id: row.id, seq: row.seq, author: row.author, excerpt: row.excerpt };
  const bar = copy("answering");
  one(".author", bar).textContent = row.author;
  one("q", bar).textContent = row.excerpt;
  one(".cancel", bar).addEventListener("click", () => {
    cancel();
    one("#message").focus();
  });
  form.prepend(bar);
  one("#message").focus();
}

export function begin() {
  // What the server was asked to have answered.
  const asked = form.querySelector("[name=reply]");
  form.querySelectorAll(".answering, [name=reply]").forEach((each) => each.remove());
  const row = asked && log.row(Number(asked.value));
  if (row) answer(row);
  log.scroller.addEventListener("click", (event) => {
    const link = event.target.closest(".reply");
    const found = link && log.row(Number(link.closest(".message").dataset.seq));
    if (!found) return;
    event.preventDefault();
    answer(found);
  });
}
