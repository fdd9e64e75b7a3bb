// Finding, copying and changing what the server wrote. Must not know what it means.

export const one = (selector, root = document) => root.querySelector(selector);

// The markup of a template: one place says how a thing looks, whether server or script shows it. (Imported, since in the document
// of a template no picture is loaded.)
export const copy = (name) => document.importNode(document.getElementById(`model-${name}`).content.firstElementChild, true);

// Puts it where it should be seen, and tells nobody of what was so already.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function markup(name, text, className) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
