// Search, and the way from what is found to where it was said; Back leads back.
// Must not know how the list shows it.

import { copy, one } from "./dom.js";
import * as log from "./log.js";
import * as notices from "./notices.js";
import * as page from "./window.js";

const form = one("form.search");
const input = one("#search");

function head(text) {
  one(".found")?.remove();
  if (text === null) return;
  const found = copy("found");
  one("bdi", found).textContent = text;
  one(".scroll").before(found);
}

// Shows what the address says.
async function go() {
  const asked = new URLSearchParams(location.search);
  const text = asked.get("search")?.trim() || null;
  const before = Number(asked.get("before"));
  try {
    if (text !== null) await page.toFound(text);
    else if (before > 0) await page.toMessage(before - 1);
    else await page.toEnd();
  } catch (refusal) {
    notices.tell(refusal.message, "error");
    return;
  }
  input.value = text ?? "";
  head(text);
}

function visit(address) {
  history.pushState(null, "", address);
  go();
}

export function begin() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    visit(text ? `/?${new URLSearchParams({ search: text })}` : "/");
  });
  addEventListener("popstate", go);
  log.scroller.addEventListener("click", (event) => {
    const show = event.target.closest(".acts .show");
    if (!show) return;
    event.preventDefault();
    visit(show.getAttribute("href"));
  });
  one("main").addEventListener("click", (event) => {
    if (!event.target.closest(".found a, .pace.back a")) return;
    event.preventDefault();
    one(".pace.back")?.remove();
    visit("/");
    one("#message").focus();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !page.isSearching()) return;
    event.preventDefault();
    visit("/");
    one("#message").focus();
  });
  // Where the end is reached again, the address says so.
  page.watch(() => {
    if (page.isSearching() || one(".found") === null) return;
    head(null);
    input.value = "";
    if (new URLSearchParams(location.search).has("search")) history.pushState(null, "", "/");
  });
}
