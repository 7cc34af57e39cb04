// Starts the page: the routes, the connection light, the notice bar and the queue switch.

import { setPaused } from "./actions.js";
import { h, setAttr, setText, show } from "./dom.js";
import { timeElement } from "./format.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { start } from "./router.js";
import { loadSession, may } from "./session.js";
import { onConnection, watch } from "./store.js";
import * as docs from "./views/docs.js";
import * as job from "./views/job.js";
import * as jobs from "./views/jobs.js";
import * as missing from "./views/missing.js";
import * as fresh from "./views/new.js";
import * as overview from "./views/overview.js";
import * as system from "./views/system.js";
import * as workers from "./views/workers.js";

const CONNECTION_WORDS = {
  connecting: "Connecting",
  live: "Live",
  "redis-down": "Redis down",
  offline: "No answer",
};
const NOTICES = {
  "redis-down": "Redis can't be reached. What you see is the last that was known. Accepted jobs are kept, and this page goes on by itself.",
  offline: "The dashboard does not answer. What you see is the last that was known. This page tries again by itself.",
};

function followConnection() {
  const light = document.getElementById("connection");
  const words = light.querySelector(".connection-text");
  const notice = document.getElementById("notice");
  const since = timeElement();
  onConnection((now) => {
    setAttr(light, "data-kind", now.kind);
    setText(words, CONNECTION_WORDS[now.kind]);
    const text = NOTICES[now.kind];
    setAttr(document.body, "data-stale", Boolean(text));
    show(notice, Boolean(text));
    if (!text) return;
    since.set(now.since);
    setAttr(notice, "data-level", "bad");
    notice.replaceChildren(h("div", {}, h("strong", {}, text.split(". ")[0]), h("span", {}, text.split(". ").slice(1).join(". ")), h("span", {}, "Noticed ", since.node, ".")));
  });
}

function followQueue() {
  const toggle = document.getElementById("queue-toggle");
  let paused = false;
  toggle.addEventListener("click", () => setPaused(!paused));
  watch("/api/stats", ({ data }) => {
    if (!data) return;
    paused = data.paused;
    setText(toggle, paused ? "Resume queue" : "Pause queue");
    setAttr(toggle, "data-paused", paused);
    show(toggle, may("operator"));
  });
}

await loadSession();
followConnection();
followQueue();
startKeys();
startLive();
start(document.getElementById("main"), [
  { pattern: /^\/$/, nav: "overview", key: () => "overview", mount: overview.mount },
  { pattern: /^\/jobs$/, nav: "jobs", key: () => "jobs", mount: jobs.mount },
  { pattern: /^\/jobs\/([^/]+)$/, nav: "jobs", key: (match) => `job ${match[1]}`, mount: job.mount },
  { pattern: /^\/workers$/, nav: "workers", key: () => "workers", mount: workers.mount },
  { pattern: /^\/new$/, nav: "new", key: () => "new", mount: fresh.mount },
  { pattern: /^\/system$/, nav: "system", key: () => "system", mount: system.mount },
  { pattern: /^\/docs$/, nav: "system", key: () => "docs", mount: docs.mount },
  { pattern: /^$/, nav: null, key: () => "missing", mount: missing.mount },
]);
