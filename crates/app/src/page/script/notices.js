// What the peer answers to a command or has to tell, in lines that stay until they are dismissed.
// Must not know what they are about. Bounds: NOTICES_MAX.

import { copy, one } from "./dom.js";
import { line } from "./text.js";

const NOTICES_MAX = 3;

const list = one(".notices");

// Tells it; an `error` looks like one.
export function tell(text, level = "info") {
  const notice = copy("notice");
  notice.classList.add(level);
  notice.classList.toggle("lines", text.includes("\n"));
  one("pre", notice).textContent = text.split("\n").map(line).join("\n");
  one(".close", notice).addEventListener("click", () => {
    notice.remove();
    one("#message").focus();
  });
  // What is told again is told once.
  const same = Array.from(list.children).find((each) => one("pre", each).textContent === one("pre", notice).textContent);
  same?.remove();
  list.append(notice);
  while (list.children.length > NOTICES_MAX) list.firstElementChild.remove();
  // Whoever asked may look elsewhere on a small screen.
  notice.scrollIntoView({ block: "nearest" });
}

// Takes away what was told, as before the answer to something new.
export const clear = () => list.replaceChildren();
