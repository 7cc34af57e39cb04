// The parts that Pressroom is made of, and whether each is well; what is watched; who is signed in.

import { setPaused } from "../actions.js";
import { h, keyedList, setAttr, setChildren, setText, show } from "../dom.js";
import { bytes, duration, int, nowMs, timeElement, toMs } from "../format.js";
import { failure, skeleton } from "../parts/placeholder.js";
import { may, signOut, whoAmI } from "../session.js";
import { capital } from "../states.js";
import { watch } from "../store.js";

/** What an alert is about, while there is nothing to say. */
const WATCHED = { "oldest-waiting": "Oldest waiting job", "failure-rate": "Failures", "no-workers": "Workers", stalls: "Lost workers", disk: "Disk" };
const POLL_MS = 3000;
const SCHEDULER_SILENT_MS = 10000;

export function mount(root) {
  document.title = "System · Pressroom";
  const redis = part("Redis");
  const scheduler = part("Scheduler");
  const queue = part("Queue");
  const dashboard = part("Dashboard");
  const storage = part("Storage");
  const alerts = alertPanel();
  const audit = auditPanel();
  const parts = h("div", { class: "worker-grid" }, ...[redis, scheduler, queue, storage, dashboard, accessPart()].map(({ node }) => node));
  const content = h("div", { class: "stack" }, h("div", { class: "panel" }, skeleton()));
  root.append(h("div", { class: "page-head" }, h("h1", {}, "System"), h("span", { class: "button-row" }, h("a", { class: "button", href: "/docs" }, "API reference"), h("a", { class: "button", href: "/metrics", target: "_blank", rel: "noopener" }, "Metrics"))), content);
  const toggle = h("button", { class: "button button-quiet", type: "button" }, "Pause");
  let paused = false;
  toggle.addEventListener("click", () => setPaused(!paused));
  queue.extra.append(toggle);
  show(toggle, may("operator"));

  const watches = [
    watch("/api/audit?limit=50", ({ data }) => data && audit.update(data.entries), POLL_MS),
    watch("/api/system", ({ data, error }) => {
      if (!data) {
        if (error) setChildren(content, [h("div", { class: "panel" }, failure(error))]);
        return;
      }
      setChildren(content, [parts, alerts.node, audit.node]);
      const down = error?.status === 503;
      redis.set(down ? "bad" : data.redis.appendOnly ? "ok" : "warn", down ? "Not reachable" : data.redis.appendOnly ? "Connected" : "Keeps nothing on disk", {
        Server: `${data.redis.kind} ${data.redis.version}`,
        Memory: data.redis.maxMemory ? `${bytes(data.redis.usedMemory)} of ${bytes(data.redis.maxMemory)}` : bytes(data.redis.usedMemory),
        "Answers in": `${data.redis.latencyMs} ms`,
        Up: duration(data.redis.uptime * 1000),
        Connections: int(data.redis.clients),
        "Append-only file": data.redis.appendOnly ? "on" : "off",
      });
      const silence = data.scheduler ? nowMs() - toMs(data.scheduler.lastSweptAt) : null;
      scheduler.set(silence === null ? "bad" : silence > SCHEDULER_SILENT_MS ? "warn" : "ok", silence === null ? "None is running" : silence > SCHEDULER_SILENT_MS ? `Silent for ${duration(silence)}` : "Sweeping", {
        Leader: data.scheduler?.id ?? "–",
        "Last sweep": data.scheduler ? `${duration(Math.max(0, silence))} ago` : "–",
      });
      dashboard.set("ok", "Running", {
        Version: data.dashboard.version,
        Python: data.dashboard.python,
        Up: duration(data.dashboard.uptime * 1000),
        Memory: bytes(data.dashboard.rssBytes),
        "Live streams": int(data.dashboard.streams),
        "Hidden keys": data.hiddenKeys.join(", ") || "none",
      });
      alerts.webhook(data.alertWebhook);
    }, POLL_MS, { changesAlone: false }),
    watch("/api/stats", ({ data }) => {
      if (!data) return;
      paused = data.paused;
      setText(toggle, paused ? "Resume" : "Pause");
      queue.set(paused ? "warn" : "ok", paused ? "Paused" : "Open", {
        Waiting: int(data.counts.waiting),
        Running: int(data.counts.active),
        "Oldest waiting": data.oldestWaitingSeconds === null ? "none" : duration(data.oldestWaitingSeconds * 1000),
        "Ended, last hour": int(data.rates.completedLastHour + data.rates.failedLastHour),
        "All jobs": int(data.totalJobs + data.cancelled),
      });
      const { storage: use } = data;
      const low = data.alerts.some(({ name, firing }) => name === "disk" && firing);
      const isKnown = use.diskTotalBytes !== null; // not where an object store keeps the reports
      const disk = { "Disk free": bytes(use.diskFreeBytes), "Disk size": bytes(use.diskTotalBytes) };
      storage.set(low ? "warn" : "ok", low ? "Filling up" : isKnown ? "Room left" : "No disk to watch", {
        Reports: bytes(use.reportBytes),
        ...(isKnown ? disk : {}),
      });
      alerts.update(data.alerts);
    }),
  ];
  return { unmount: () => watches.forEach((one) => one.stop()) };
}

function part(title) {
  const health = h("span", { class: "health", "data-level": "ok" }, "…");
  const facts = h("dl", { class: "facts" });
  const extra = h("div", {});
  const node = h("section", { class: "panel", "aria-label": title },
    h("div", { class: "panel-head worker-head" }, h("h2", {}, title), h("span", { class: "part-end" }, extra, health)), h("div", { class: "panel-body" }, facts));
  const rows = new Map();
  return {
    node,
    extra,
    set(level, text, values) {
      setAttr(health, "data-level", level);
      setText(health, text);
      for (const [name, value] of Object.entries(values)) {
        if (!rows.has(name)) {
          rows.set(name, h("dd", {}));
          facts.append(h("dt", {}, name), rows.get(name));
        }
        setText(rows.get(name), value);
      }
    },
  };
}

function accessPart() {
  const { name, role, needsKey } = whoAmI();
  const access = part("Access");
  access.set(needsKey ? "ok" : "warn", needsKey ? "Keys are needed" : "Open to this machine", {
    "Signed in as": needsKey ? name : "nobody in particular",
    Role: role,
    May: role === "viewer" ? "read" : role === "operator" ? "read, submit, retry, cancel, pause" : "do everything",
  });
  if (needsKey) access.extra.append(h("button", { class: "button button-quiet", type: "button", onclick: signOut }, "Sign out"));
  return access;
}

function alertPanel() {
  const list = h("ul", { class: "alert-list" });
  const patch = keyedList(list, ({ name }) => name, alertLine);
  const note = h("span", { class: "muted small" });
  const node = h("section", { class: "panel", "aria-label": "Alerts" }, h("div", { class: "panel-head" }, h("h2", {}, "What is watched"), note), list);
  return {
    node,
    update: patch,
    webhook: (is) => setText(note, is ? "Changes are sent as a signed webhook." : "No webhook is configured (PRESSROOM_ALERT_WEBHOOK_URL)."),
  };
}

/** What people did that no job's timeline shows. */
function auditPanel() {
  const body = h("tbody", {});
  const patch = keyedList(body, ({ id }) => id, auditLine);
  const table = h("table", { class: "table audit-table" },
    h("caption", { class: "visually-hidden" }, "What was done, newest first"),
    h("thead", {}, h("tr", {}, ...["When", "Who", "What"].map((text) => h("th", { scope: "col" }, text)))), body);
  const none = h("p", { class: "panel-body muted" }, "Nobody paused, deleted or changed many jobs at once.");
  const node = h("section", { class: "panel", "aria-label": "Audit" },
    h("div", { class: "panel-head" }, h("h2", {}, "What people did"), h("span", { class: "muted small" }, "What was done to one job is in its timeline.")), table, none);
  return {
    node,
    update(entries) {
      show(table, entries.length > 0);
      show(none, entries.length === 0);
      patch(entries);
    },
  };
}

function auditLine() {
  const when = timeElement();
  const who = h("td", {});
  const what = h("strong", {});
  const detail = h("span", { class: "muted" });
  return {
    node: h("tr", {}, h("td", {}, when.node), who, h("td", {}, what, " ", detail)),
    update(entry) {
      when.set(entry.at);
      setText(who, entry.by || "–");
      setText(what, capital(entry.action));
      setText(detail, entry.detail);
    },
  };
}

function alertLine() {
  const health = h("span", { class: "health" });
  const title = h("strong", {});
  const detail = h("span", { class: "muted" });
  const limit = h("span", { class: "muted small" });
  const since = timeElement();
  const sinceBox = h("span", { class: "small" }, "since ", since.node);
  return {
    node: h("li", {}, health, h("div", {}, title, " ", detail), h("span", { class: "alert-end" }, sinceBox, limit)),
    update(alert) {
      setAttr(health, "data-level", alert.firing ? "bad" : "ok");
      setText(health, alert.firing ? "Fires" : "Well");
      setText(title, alert.firing ? alert.title : WATCHED[alert.name] ?? alert.title);
      setText(detail, alert.detail);
      setText(limit, alert.unit === "ratio" ? `from ${Math.round(alert.threshold * 100)} % on` : alert.name === "no-workers" ? "when none is up" : `${alert.name === "disk" ? "below" : "at"} ${int(alert.threshold)} ${alert.unit}`);
      show(sinceBox, Boolean(alert.since));
      since.set(alert.since);
    },
  };
}
