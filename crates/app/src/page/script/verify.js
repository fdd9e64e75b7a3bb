// The dialog in which keys are compared: digits and codes of both sides, and what the user decides.
// Must not know how keys work.

import { call } from "./api.js";
import { markup, one } from "./dom.js";
import * as log from "./log.js";
import { mark } from "./message.js";
import * as notices from "./notices.js";
import * as side from "./side.js";

const dialog = one("#verify");
const proof = one("#proof");
const problem = one(".problem", dialog);
let person = null;

function code(svg, drawn) {
  svg.toggleAttribute("hidden", !drawn);
  if (!drawn) return;
  const { side: modules, path } = drawn;
  svg.setAttribute("viewBox", `0 0 ${modules} ${modules}`);
  one(".white", svg).setAttribute("d", `M0 0h${modules}v${modules}h-${modules}z`);
  one(".black", svg).setAttribute("d", path);
}

function digits(element, groups) {
  element.replaceChildren(...groups.flatMap((group) => [markup("span", group), " "]));
}

// One's own are on the page already.
function ours() {
  const section = one(".ours", dialog);
  digits(one(".digits", section), Array.from(document.querySelectorAll("#you .digits span"), (span) => span.textContent));
  const drawn = one("#you .code");
  code(one(".code", section), drawn && { side: drawn.viewBox.baseVal.width, path: one(".black", drawn).getAttribute("d") });
}

function tell(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}

// Opens it for whom a key or a name means.
export async function open(who) {
  try {
    person = await call("GET", `/page/person/${encodeURIComponent(who)}`);
  } catch (refusal) {
    notices.tell(refusal.message, "error");
    return;
  }
  one(".name", dialog).textContent = person.name || person.short;
  const word = mark(person.mark.name) ?? markup("span", "", "mark");
  one(".mark", dialog).replaceWith(word);
  one(".meaning", dialog).textContent = person.mark.meaning;
  const warning = one(".warning", dialog);
  warning.hidden = !person.warning;
  warning.textContent = `Careful: ${person.warning ?? ""}`;
  const theirs = one(".theirs", dialog);
  digits(one(".digits", theirs), person.digits);
  code(one(".code", theirs), person.code);
  ours();
  proof.value = "";
  tell("");
  dialog.showModal();
  // Whose it is and how it stands comes first, also where the field that has the focus is further down.
  dialog.scrollTop = 0;
}

async function match(event) {
  event.preventDefault();
  const given = proof.value.trim() || person.digits.join(" ");
  try {
    await call("POST", `/api/v1/people/${encodeURIComponent(person.key)}`, { verify: given });
    dialog.close();
    notices.tell(`${person.name || person.short} is verified: what this key signs comes from whoever showed you these digits`);
    side.refresh();
  } catch (refusal) {
    tell(refusal.message.replace(person.key, person.name || person.short));
  }
}

export function begin() {
  one("form", dialog).addEventListener("submit", match);
  one(".close", dialog).addEventListener("click", () => dialog.close());
  one("#peers").addEventListener("click", (event) => {
    const button = event.target.closest(".verify");
    if (button) open(button.closest(".peer").dataset.key);
  });
  log.scroller.addEventListener("click", (event) => {
    const button = event.target.closest(".acts .verify");
    if (button) open(button.dataset.key);
  });
}
