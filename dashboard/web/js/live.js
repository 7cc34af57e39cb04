// Server-sent events: says what changes as it changes. The browser reconnects and resumes by itself; while no
// stream is up, and while the tab is hidden, nobody is told anything and the store polls.

const listeners = new Set();
let source = null;
let up = false;

/** @param listener gets `{up}` when the stream comes or goes, and `{changes, counts}` for every message */
export function onLive(listener) {
  listeners.add(listener);
}

export const isLive = () => up;

function tell(message) {
  for (const listener of listeners) listener(message);
}

function setUp(next) {
  if (up === next) return;
  up = next;
  tell({ up });
}

function open() {
  if (source || document.hidden) return;
  source = new EventSource("/api/events");
  source.addEventListener("hello", () => setUp(true));
  source.addEventListener("reset", () => {
    setUp(true);
    tell({ changes: null });
  });
  source.addEventListener("changes", (event) => {
    setUp(true);
    tell(JSON.parse(event.data));
  });
  source.addEventListener("redis-down", () => setUp(false));
  source.addEventListener("error", () => {
    setUp(false);
    // a refused stream is not tried again by the browser itself
    if (source?.readyState === EventSource.CLOSED) {
      close();
      setTimeout(open, 3000);
    }
  });
}

function close() {
  source?.close();
  source = null;
  setUp(false);
}

/** Starts listening; pauses while the tab is hidden. */
export function startLive() {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  open();
}
