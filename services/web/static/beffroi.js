// What pages do better with a script, and do without it too: focus on what went wrong, and say what is loading.

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

// Ctrl+Enter sends the form, where its button says so.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form[data-quick]");
    form?.requestSubmit(form.querySelector("button[data-main]"));
  }
});
