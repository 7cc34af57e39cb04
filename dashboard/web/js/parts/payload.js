// What was posted, as readable JSON. Large ones are fetched once and shown in part.

import { call, jobPath } from "../api.js";
import { copy } from "../dialogs.js";
import { h, setText, show } from "../dom.js";
import { bytes } from "../format.js";

const SHOWN_CHARACTERS = 100000;

export function payloadPanel(id) {
  let text = "";
  const code = h("pre", { class: "code-block", tabindex: "0", "aria-label": "Posted data" }, "Loading…");
  const copyButton = h("button", { class: "button button-quiet", type: "button", disabled: true, onclick: () => copy(text, "Data") }, "Copy");
  const more = h("p", { class: "panel-body muted small", hidden: true });
  const node = h("section", { class: "panel", "aria-label": "Posted data" },
    h("div", { class: "panel-head" }, h("h2", {}, "Posted data"), copyButton), code, more);

  async function load() {
    try {
      const { jobData } = await call("GET", jobPath(id));
      text = jobData === null ? "" : JSON.stringify(jobData, null, 2);
      setText(code, text ? text.slice(0, SHOWN_CHARACTERS) : "What was posted can't be read any more.");
      copyButton.disabled = !text;
      show(more, text.length > SHOWN_CHARACTERS);
      setText(more, `The first ${bytes(SHOWN_CHARACTERS)} of ${bytes(text.length)}. Copy takes all of it.`);
    } catch (error) {
      if (error.status === 404) return;
      setText(code, `Not loaded: ${error.message}`);
      setTimeout(() => node.isConnected && load(), 4000);
    }
  }

  load();
  return { node };
}
