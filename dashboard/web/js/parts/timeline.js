// What happened to a job, first thing first.

import { h, keyedList, setAttr, setText } from "../dom.js";
import { duration, exact, toMs } from "../format.js";
import { eventState, eventTitle } from "../states.js";

export function timelinePanel() {
  const list = h("ol", { class: "timeline" });
  const patch = keyedList(list, (entry) => entry.key, entryLine);
  const node = h("section", { class: "panel", "aria-label": "Timeline" },
    h("div", { class: "panel-head" }, h("h2", {}, "Timeline")), h("div", { class: "panel-body" }, list));
  return {
    node,
    update({ timeline }) {
      patch(timeline.map((entry, at) => ({ ...entry, key: `${entry.at} ${entry.event} ${at}`, before: timeline[at - 1] ?? null })));
    },
  };
}

function entryLine() {
  const event = h("span", { class: "event" });
  const time = h("time", { class: "muted small" });
  const detail = h("p", { class: "event-detail" });
  const node = h("li", {}, event, time, detail);
  return {
    node,
    update(entry) {
      const at = toMs(entry.at);
      setAttr(node, "data-state", eventState(entry.event));
      setText(event, eventTitle(entry.event));
      setAttr(time, "datetime", entry.at);
      setText(time, entry.before ? `${exact(at)}  (+${duration(at - toMs(entry.before.at))})` : exact(at));
      setText(detail, [
        entry.attempt ? `attempt ${entry.attempt}` : null,
        entry.workerId && `worker ${entry.workerId}`,
        entry.detail,
      ].filter(Boolean).join(" · "));
    },
  };
}
