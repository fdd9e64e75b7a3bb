// Makes the page live: gives each event to whom it concerns. What the server wrote stands until something changes.

import * as attached from "./attached.js";
import * as box from "./box.js";
import * as delivery from "./delivery.js";
import * as link from "./link.js";
import * as log from "./log.js";
import * as moving from "./moving.js";
import * as notices from "./notices.js";
import * as outbox from "./outbox.js";
import * as recent from "./recent.js";
import * as reply from "./reply.js";
import * as rows from "./rows.js";
import * as search from "./search.js";
import * as side from "./side.js";
import * as unread from "./unread.js";
import * as uploads from "./uploads.js";
import * as verify from "./verify.js";
import * as page from "./window.js";

// Messages that are fetched again where the page has none to go on from: with the history off they are in memory alone.
const BEGINNING = 400;

function arrived(event) {
  if (event.hello) return;
  recent.add(event);
  outbox.arrived(event);
  unread.count(event);
  page.refresh();
}

function upgraded(event) {
  recent.add(event);
  if (!log.exchange(event.replaces, event)) page.refresh();
}

function begin() {
  const { run, seq } = document.body.dataset;
  const asked = new URLSearchParams(location.search);
  const isPart = asked.has("before") || asked.has("since");
  const wanted = asked.get("search")?.trim() || null;
  const has = (name) => document.querySelector(`.way [name=${name}], .way [href^="/?${name}="]`) !== null;
  const state = { search: wanted, attached: !isPart && wanted === null, older: has("before"), newer: isPart && wanted === null };

  log.watch((row) => outbox.listed(row.seq));
  log.watch(attached.listed);
  log.watch(delivery.listed);
  log.watchGoing(attached.dropped);
  log.begin();
  const known = isPart || wanted !== null ? Number(seq) : log.last() || Math.max(0, Number(seq) - BEGINNING);
  recent.begin(known);
  page.begin(state);
  outbox.begin(box.takeBack);
  reply.begin();
  box.begin();
  unread.begin();
  uploads.begin();
  search.begin();
  side.begin();
  verify.begin();
  rows.begin();

  link.on("live", outbox.resend);
  link.on("message", arrived);
  link.on("upgrade", upgraded);
  link.on("skip", page.closeGap);
  link.on("delivery", delivery.told);
  link.on("progress", moving.told);
  link.on("trust", page.renew);
  link.on("notice", ({ text, level }) => notices.tell(text, level));
  link.on("notice", box.answered);
  link.begin(known, run);
}

begin();
