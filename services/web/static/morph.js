// Patches a part of a page with a newer one from the server, and leaves alone what a person is typing.
// Elements with an id are matched by it; a field keeps its value unless the server says data-set.

const alike = (old, fresh) =>
  old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id ?? "") === (fresh.id ?? "");

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

// What the browser and htmx keep on elements for themselves.
const KEPT = ["open", "aria-busy", "class"];

function field(old, fresh) {
  const typed = old.type === "hidden" ? null : old.value;
  attributes(old, fresh);
  if (fresh.hasAttribute("data-set")) {
    old.value = old.nodeName === "TEXTAREA" ? fresh.textContent : (fresh.getAttribute("value") ?? "");
  } else if (typed !== null && old.type !== "checkbox" && old.type !== "file" && old.value !== typed) {
    old.value = typed;
  }
}

export function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.matches("input, textarea, select")) return field(old, fresh);
  for (const name of KEPT) {
    if (old.matches("details, .htmx-request") && old.hasAttribute(name)) fresh.setAttribute(name, old.getAttribute(name));
  }
  attributes(old, fresh);
  children(old, fresh);
}

export function children(old, fresh) {
  let here = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    if (here && !alike(here, next) && next.id) {
      let later = here;
      while (later && !alike(later, next)) later = later.nextSibling;
      while (later && here !== later) {
        const gone = here;
        here = here.nextSibling;
        gone.remove();
      }
    }
    if (here && alike(here, next)) {
      const same = here;
      here = here.nextSibling;
      morph(same, next);
    } else {
      old.insertBefore(next, here);
    }
  }
  while (here) {
    const gone = here;
    here = here.nextSibling;
    gone.remove();
  }
}
