// What pages do better with a script, and do without it too: focus on what went wrong, and say what is loading.

import { children } from "./morph.js";

// After a refusal the summary is read first, by eyes and by screen readers alike.
document.querySelector(".error-summary")?.focus();

const target = (event) => event.detail.target;

document.addEventListener("htmx:beforeRequest", (event) => target(event)?.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => target(event)?.removeAttribute("aria-busy"));

// A session that ended answers with the sign-in page: go there instead of showing it inside this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.responseURL.includes("/connexion")) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});

// The studio is patched, not replaced: whoever types keeps the focus and every keystroke.
document.addEventListener("htmx:beforeSwap", (event) => {
  const part = target(event);
  if (!part?.hasAttribute("data-morph") || event.detail.xhr.status >= 500) return;
  const type = event.detail.xhr.getResponseHeader("Content-Type") ?? "";
  if (!type.startsWith("text/html") || event.detail.xhr.responseURL.includes("/connexion")) return;
  const fresh = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").body;
  children(part, fresh);
  window.htmx.process(part);
  event.detail.shouldSwap = false;
  event.detail.isError = false;
});

// Ctrl+Enter sends the form, where its button says so.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form[data-quick]");
    form?.querySelector("button[data-main]")?.click();
  }
});
