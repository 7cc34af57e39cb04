// What a list shows when it has nothing to show.

import { h } from "../dom.js";

/** @param parts title, text and, when there is one, a line of code to copy */
export function placeholder({ title, text, code = null, level = null }) {
  return h("div", { class: "placeholder", "data-level": level },
    h("strong", {}, title),
    h("span", {}, text),
    code && h("div", {}, h("code", {}, code)),
  );
}

export function skeleton(lines = 5) {
  const node = h("div", { class: "panel-body", role: "status", "aria-label": "Loading" });
  for (let at = 0; at < lines; at += 1) node.append(h("div", { class: "skeleton" }));
  return node;
}

/** The same error in words for a person, for a list that never came. */
export function failure(error) {
  if (error.status === 503) {
    return placeholder({ level: "bad", title: "Redis can't be reached", text: "Accepted jobs are kept. This page comes back by itself when Redis does." });
  }
  if (error.status === 0) {
    return placeholder({ level: "bad", title: "The dashboard does not answer", text: "It may be restarting. This page tries again by itself." });
  }
  return placeholder({ level: "bad", title: error.title, text: error.message });
}
