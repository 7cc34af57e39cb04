// What the page knows of the server. Views watch an API path and are told of every change. A path is asked for
// again when the live stream says that something changed, and now and then anyway; without a stream by polling.

import { call } from "./api.js";
import { syncClock } from "./format.js";
import { isLive, onLive } from "./live.js";

const POLL_MS = 1000;
const SLOWEST_POLL_MS = 8000;
/** With a live stream a path is asked for at least this often. */
const LIVE_POLL_MS = 15000;
/** And after a change at most this often. */
const NUDGE_MS = 700;
const MOST_REMEMBERED = 40;

/** path -> {path, data, error, receivedAt, listeners, everyMs, timer, busy, failures} */
const entries = new Map();
const connectionListeners = new Set();
let connection = { kind: "connecting", since: Date.now(), detail: "" };

/**
 * Follows an API path until `stop()`.
 * @param listener gets `{data, error, receivedAt}`: data stays the last good answer while error is set
 * @param options changesAlone: every change of what is shown comes by the live stream too
 * @returns {{stop: Function, refresh: Function, every: Function}} `every(ms)` changes the pace; 0 stops polling
 */
export function watch(path, listener, everyMs = POLL_MS, { changesAlone = everyMs <= POLL_MS } = {}) {
  const entry = entries.get(path) ?? remember(path);
  entry.everyMs = everyMs;
  entry.changesAlone = changesAlone;
  entry.listeners.add(listener);
  if (entry.data !== undefined) listener(view(entry));
  poll(entry);
  return {
    stop() {
      entry.listeners.delete(listener);
      if (!entry.listeners.size) clearTimeout(entry.timer);
    },
    refresh: () => poll(entry),
    every(ms) {
      if (ms === entry.everyMs) return;
      entry.everyMs = ms;
      schedule(entry);
    },
  };
}

/** Asks again for everything on the screen, at once: after an action. */
export function refreshAll() {
  for (const entry of entries.values()) if (entry.listeners.size) poll(entry);
}

/** Follows the state of the connection: connecting, live, redis-down or offline. */
export function onConnection(listener) {
  connectionListeners.add(listener);
  listener(connection);
}

function remember(path) {
  for (const [old, entry] of entries) {
    if (entries.size < MOST_REMEMBERED) break;
    if (!entry.listeners.size) entries.delete(old);
  }
  const entry = { path, data: undefined, error: null, receivedAt: null, listeners: new Set(), everyMs: POLL_MS, timer: 0, nudge: 0, changesAlone: true, busy: false, again: false, failures: 0 };
  entries.set(path, entry);
  return entry;
}

function view(entry) {
  return { data: entry.data, error: entry.error, receivedAt: entry.receivedAt };
}

function tell(entry) {
  for (const listener of [...entry.listeners]) listener(view(entry));
}

function accept(entry, data) {
  if (typeof data?.timestamp === "number" && (data.counts || data.workers)) syncClock(data.timestamp);
  entry.data = data;
  entry.error = null;
  entry.receivedAt = Date.now();
  entry.failures = 0;
  setConnection("live", "");
  tell(entry);
}

function refuse(entry, error) {
  entry.error = error;
  entry.failures += 1;
  if (error.status === 0) setConnection("offline", error.message);
  else if (error.status === 503) setConnection("redis-down", error.message);
  tell(entry);
}

async function poll(entry) {
  if (entry.busy) {
    entry.again = true;
    return;
  }
  clearTimeout(entry.timer);
  entry.busy = true;
  entry.again = false;
  try {
    accept(entry, await call("GET", entry.path));
  } catch (error) {
    if (!("status" in error)) throw error;
    refuse(entry, error);
  } finally {
    entry.busy = false;
    if (entry.again && entry.listeners.size) poll(entry);
    else schedule(entry);
  }
}

function schedule(entry) {
  clearTimeout(entry.timer);
  if (document.hidden || !entry.listeners.size || !entry.everyMs) return;
  const live = isLive() && entry.changesAlone && !entry.failures;
  const pace = live ? LIVE_POLL_MS : Math.min(entry.everyMs * 2 ** Math.min(entry.failures, 3), Math.max(SLOWEST_POLL_MS, entry.everyMs));
  entry.timer = setTimeout(() => poll(entry), pace);
}

function setConnection(kind, detail) {
  if (connection.kind === kind) return;
  connection = { kind, since: Date.now(), detail };
  for (const listener of connectionListeners) listener(connection);
}

function nudge(entry) {
  if (entry.nudge || document.hidden) return;
  const wait = Math.max(0, NUDGE_MS - (Date.now() - (entry.receivedAt ?? 0)));
  entry.nudge = setTimeout(() => {
    entry.nudge = 0;
    if (entry.listeners.size) poll(entry);
  }, wait);
}

/** Progress is drawn at once, without asking again. */
function advance(entry, { jobId, progress, detail }) {
  const jobs = entry.data?.jobs ?? (entry.data?.timeline ? [entry.data] : []);
  const job = jobs.find((one) => one.id === jobId && one.state === "active" && one.progress <= progress);
  if (!job) return false;
  Object.assign(job, { progress, stage: detail ?? "" });
  return true;
}

onLive(({ up, changes }) => {
  if (up !== undefined) {
    for (const entry of entries.values()) if (entry.listeners.size) (up ? schedule : poll)(entry);
    return;
  }
  const steps = (changes ?? []).filter((change) => change.event === "progress");
  const onlyProgress = changes !== null && steps.length === changes.length;
  for (const entry of entries.values()) {
    if (!entry.listeners.size) continue;
    if (steps.map((step) => advance(entry, step)).some(Boolean)) tell(entry);
    const about = /^\/api\/jobs\/([^/?]+)\?omit/.exec(entry.path)?.[1];
    const concerned = about === undefined ? !onlyProgress : changes === null || changes.some((change) => change.jobId === decodeURIComponent(about));
    if (concerned) nudge(entry);
  }
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) for (const entry of entries.values()) clearTimeout(entry.timer);
  else refreshAll();
});
