// Numbers and times as people read them.

import { h, setAttr, setText } from "./dom.js";

const integers = new Intl.NumberFormat("en");
let clockOffsetMs = 0;

/** Tells the page the server's time, so that ages are right on a machine whose clock is off. */
export function syncClock(serverNowMs) {
  clockOffsetMs = serverNowMs - Date.now();
}

export function nowMs() {
  return Date.now() + clockOffsetMs;
}

export function int(value) {
  return integers.format(value ?? 0);
}

/** "1 job", "2 jobs". */
export function count(value, noun, plural = `${noun}s`) {
  return `${int(value)} ${value === 1 ? noun : plural}`;
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A length of time in its two largest units. */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined || Number.isNaN(milliseconds)) return "–";
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return twoUnits(seconds, [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]);
}

function twoUnits(seconds, units) {
  const first = units.findIndex(([, size]) => seconds >= size);
  const [name, size] = units[first];
  const [nextName, nextSize] = units[first + 1];
  const rest = Math.floor((seconds % size) / nextSize);
  const lead = `${Math.floor(seconds / size)} ${name}`;
  return rest ? `${lead} ${rest} ${nextName}` : lead;
}

/** "12 s ago", "in 5 min", with one unit only. */
export function relative(atMs) {
  const distance = nowMs() - atMs;
  const seconds = Math.round(Math.abs(distance) / 1000);
  if (seconds < 2) return distance >= 0 ? "just now" : "in a moment";
  const [name, size] = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]].find(([, unit]) => seconds >= unit);
  const text = `${Math.floor(seconds / size)} ${name}`;
  return distance >= 0 ? `${text} ago` : `in ${text}`;
}

function two(value) {
  return String(value).padStart(2, "0");
}

/** The moment in the reader's own time zone: 2026-03-09 14:05:07. */
export function exact(atMs) {
  const at = new Date(atMs);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Milliseconds from an RFC 3339 string or a number; null stays null. */
export function toMs(value) {
  if (value === null || value === undefined) return null;
  const ms = typeof value === "number" ? value : Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

/** A `<time>` that keeps its relative text up to date by itself; `set(value)` moves it. */
export function timeElement(className = "") {
  const node = h("time", { class: className });
  return {
    node,
    set(value) {
      const ms = toMs(value);
      if (ms === null) {
        setText(node, "–");
        node.removeAttribute("data-at");
        return;
      }
      setAttr(node, "datetime", new Date(ms).toISOString());
      setAttr(node, "title", exact(ms));
      setAttr(node, "data-at", ms);
      setText(node, relative(ms));
    },
  };
}

setInterval(() => {
  if (document.hidden) return;
  for (const node of document.querySelectorAll("time[data-at]")) setText(node, relative(Number(node.dataset.at)));
}, 1000);
