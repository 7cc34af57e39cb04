// The queue's words for people: states, events and what may be done in which state.

import { h, setAttr, setText } from "./dom.js";

export const STATES = ["waiting", "delayed", "active", "completed", "failed", "cancelled"];
export const UNFINISHED = new Set(["waiting", "delayed", "active"]);

/** Which buttons a job has; the service has the last word. */
export const CAN = {
  retry: new Set(["failed", "cancelled"]),
  cancel: UNFINISHED,
  remove: new Set(["waiting", "delayed", "completed", "failed", "cancelled"]),
};

const EVENT_STATES = {
  claimed: "active",
  started: "active",
  completed: "completed",
  failed: "failed",
  stalled: "failed",
  cancelled: "cancelled",
  retried: "waiting",
  released: "waiting",
  submitted: "waiting",
  created: "waiting",
  adopted: "waiting",
  due: "waiting",
  delayed: "delayed",
  retrying: "delayed",
  "webhook-delivered": "completed",
  "webhook-not-delivered": "delayed",
  "webhook-given-up": "failed",
};

export const eventState = (event) => EVENT_STATES[event] ?? null;

export function capital(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}

/** "claimed" and "childGone" or "child-gone" as a heading. */
export function eventTitle(event) {
  return capital(event.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[-_.]/g, " ").toLowerCase());
}

/** What a job is called: its title, or else its type and the beginning of its id. */
export function jobName(job) {
  return job.title || `${capital(job.reportType || "unnamed")} report ${job.id.slice(0, 6)}`;
}

/** A state as a coloured word with a shape. */
export function statePill() {
  const node = h("span", { class: "pill" });
  return {
    node,
    set(state) {
      setAttr(node, "data-state", state);
      setText(node, capital(state));
    },
  };
}
