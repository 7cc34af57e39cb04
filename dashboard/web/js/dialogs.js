// Questions and short messages.

import { h } from "./dom.js";

/**
 * Asks before something that can't be taken back.
 * @param question `{title, text, yes, no, danger}`
 * @returns a promise of true when the person said yes
 */
export function confirm({ title, text, yes, no = "Keep it", danger = true }) {
  return new Promise((resolve) => {
    const yesButton = h("button", { class: `button ${danger ? "button-danger" : "button-primary"}`, value: "yes" }, yes);
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-title" },
      h("form", { method: "dialog" },
        h("h2", { id: "dialog-title" }, title),
        h("p", {}, text),
        h("div", { class: "button-row" }, h("button", { class: "button", value: "no", autofocus: true }, no), yesButton),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Says briefly what happened. */
export function toast(text, level = "ok") {
  const node = h("p", { class: "toast", "data-level": level }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), level === "bad" ? 9000 : 4500);
}

/** Copies a text and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast(`The browser did not allow copying the ${what.toLowerCase()}`, "bad");
  }
}
