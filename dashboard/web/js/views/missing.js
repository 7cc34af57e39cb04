// A path that no screen has.

import { h } from "../dom.js";
import { placeholder } from "../parts/placeholder.js";

export function mount(root) {
  document.title = "Not found · Pressroom";
  root.append(h("section", { class: "panel" }, placeholder({ title: "There is no such page", text: "The address may be mistyped." })));
  return {};
}
