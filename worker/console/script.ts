/**
 * What scripts add to pages that are whole without them: the reader's own clock, progress as it
 * happens, a page that changes when something happened, copying, a key looked at as it is pasted.
 */
export const script = `
"use strict";
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
// A day and a time stay whole where the line between them breaks.
const local = (instant) =>
  [day, clock].map((it) => it.format(instant).replaceAll(" ", "\\u00a0")).join(" ");
const show = (root) => {
  for (const time of root.querySelectorAll("time[data-instant]")) {
    time.title = time.dateTime + " (UTC)";
    time.textContent = local(new Date(time.dateTime));
  }
};
// As it came, before anything here changes it.
const came = document.querySelector("main")?.innerHTML;
show(document);
if (matchMedia("(max-width: 50rem)").matches) document.querySelector(".menu")?.removeAttribute("open");

// data-live: the page's main part is asked for again while it is open, and shown when it changed.
const live = document.querySelector("[data-live]");
if (live) {
  const every = Number(live.dataset.live) * 1000;
  const isBusy = () => document.hidden || document.activeElement?.closest("form") ||
    !getSelection().isCollapsed ||
    [...document.querySelectorAll("main details[open]")].length > 0;
  let last = came;
  const look = async () => {
    try {
      if (!isBusy()) {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (answer.redirected || !answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const main = page.querySelector("main");
        if (main && main.innerHTML !== last) {
          last = main.innerHTML;
          const here = document.querySelector("main");
          const place = placeOf(here);
          here.innerHTML = last;
          place?.(here);
          show(here);
          follow(here);
          if (!page.querySelector("[data-live]")) return;
        }
      }
    } catch { /* it is asked again */ }
    setTimeout(look, every);
  };
  setTimeout(look, every);
}

// Where the keyboard is in the page, to go back to: the link or table of the same name.
function placeOf(root) {
  const held = document.activeElement;
  if (held === root || !root.contains(held)) return undefined;
  const name = (it) => it.getAttribute("href") ?? it.getAttribute("aria-label");
  const same = (here) =>
    [...here.querySelectorAll("a, summary, [tabindex]")].find((it) => name(it) === name(held));
  return (here) => same(here)?.focus({ preventScroll: true });
}

function follow(root) {
  for (const bar of root.querySelectorAll("progress[data-progress]")) {
    const events = new EventSource(bar.dataset.progress);
    events.addEventListener("progress", ({ data }) => {
      const { bytes, size, state, rows } = JSON.parse(data);
      bar.max = Math.max(1, size);
      bar.value = bytes;
      const words = bar.parentElement.querySelector("[data-progress-words]");
      if (words) words.textContent = state + ": " + rows.read + " rows read, " + rows.rejected + " rejected";
      if (!["accepted", "checking", "processing"].includes(state)) {
        events.close();
        location.reload();
      }
    });
  }
}
follow(document);

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 2000);
  });
}

// A key is looked at where it is pasted; the worker says the rest.
for (const area of document.querySelectorAll("textarea[data-key]")) {
  const says = document.getElementById(area.getAttribute("aria-describedby").split(" ").pop());
  area.addEventListener("input", () => {
    const key = area.value.trim();
    const isPrivate = /PRIVATE KEY|PuTTY-User-Key-File/.test(key);
    const fault = key === "" ? "" : isPrivate
      ? "This is a private key. Do not send it: it must never leave its owner. Take the file that ends in .pub."
      : !/ssh-|ecdsa-|BEGIN|Comment:/.test(key)
      ? "This does not look like a public key. It begins with ssh-rsa, or with a line of dashes."
      : "";
    if (isPrivate) area.value = "";
    says.textContent = fault;
    area.setAttribute("aria-invalid", String(fault !== ""));
  });
}
`;
