// The keyboard: search, move through lists, help.

import { h } from "./dom.js";
import { navigate } from "./router.js";

const GOTO = { o: "/", j: "/jobs", w: "/workers", n: "/new", s: "/system" };
const HELP = [
  ["/", "Search jobs"],
  ["j  k", "Next, previous job in the list"],
  ["Enter", "Open the selected job"],
  ["g o", "Overview"],
  ["g j", "Jobs"],
  ["g w", "Workers"],
  ["g n", "New report"],
  ["g s", "System"],
  ["?", "This list"],
];
let goingTo = false;

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (goingTo) {
      goingTo = false;
      if (GOTO[event.key]) {
        event.preventDefault();
        navigate(GOTO[event.key]);
      }
      return;
    }
    const act = { "/": search, j: () => step(1), k: () => step(-1), "?": help, g: () => { goingTo = true; } }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  document.getElementById("help-button").addEventListener("click", help);
}

const isTyping = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function search() {
  if (location.pathname !== "/jobs") navigate("/jobs");
  document.getElementById("search")?.focus();
}

function step(by) {
  const links = [...document.querySelectorAll("main .job-title")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by));
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
}

function help() {
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "help-title" },
    h("form", { method: "dialog" },
      h("h2", { id: "help-title" }, "Keyboard"),
      h("dl", { class: "facts keys" }, ...HELP.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
      h("div", { class: "button-row" }, h("button", { class: "button", autofocus: true }, "Close")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
