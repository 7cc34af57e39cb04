// Every worker heard of lately, and what it does.

import { setWorkerPaused } from "../actions.js";
import { jobPage } from "../api.js";
import { h, keyedList, setAttr, setChildren, setText, show } from "../dom.js";
import { bytes, count, duration, timeElement } from "../format.js";
import { failure, placeholder, skeleton } from "../parts/placeholder.js";
import { may } from "../session.js";
import { jobName } from "../states.js";
import { watch } from "../store.js";
import { setHealth, slotMeter } from "./overview.js";

/** Heartbeats are no events, so this screen asks for them. */
const POLL_MS = 2000;

export function mount(root) {
  document.title = "Workers · Pressroom";
  const summary = h("p", { class: "muted" });
  const grid = h("ul", { class: "worker-grid" });
  const patch = keyedList(grid, ({ worker }) => worker.id, workerCard);
  const loading = h("div", { class: "panel" }, skeleton(3));
  const empty = h("div", { class: "panel" }, placeholder({ title: "No workers", text: "Accepted jobs wait until one starts:", code: "python -m worker" }));
  const content = h("div", {}, loading);
  root.append(h("div", { class: "page-head" }, h("h1", {}, "Workers"), summary), content);
  let running = new Map();
  const jobs = watch("/api/jobs?state=active&limit=100", ({ data }) => {
    if (data) running = new Map(data.jobs.map((job) => [job.id, job]));
  });
  const following = watch("/api/workers", ({ data, error }) => {
    if (!data) {
      if (error) setChildren(content, [h("div", { class: "panel" }, failure(error))]);
      return;
    }
    const slots = data.workers.reduce((sum, worker) => sum + worker.concurrency, 0);
    const busy = data.workers.reduce((sum, worker) => sum + worker.running.length, 0);
    setText(summary, data.count ? `${count(data.count, "worker")}, ${busy} of ${count(slots, "slot")} busy` : "");
    setChildren(content, [data.count ? grid : empty]);
    patch(data.workers.map((worker) => ({ worker, jobs: running })));
  }, POLL_MS, { changesAlone: false });
  return {
    unmount() {
      jobs.stop();
      following.stop();
    },
  };
}

function workerCard() {
  const name = h("h2", {});
  const health = h("span", { class: "health" });
  const slots = slotMeter();
  const heartbeat = timeElement();
  const values = { "Busy slots": h("dd", {}), Heartbeat: h("dd", {}, heartbeat.node), Up: h("dd", {}), Memory: h("dd", {}), Where: h("dd", { class: "mono" }) };
  const facts = h("dl", { class: "facts" }, ...Object.entries(values).flatMap(([label, value]) => [h("dt", {}, label), value]));
  const running = h("ul", { class: "running", "aria-label": "Running jobs" });
  const patch = keyedList(running, ({ id }) => id, runningJob);
  let current = null;
  const toggle = h("button", { class: "button button-quiet", type: "button", onclick: () => setWorkerPaused(current, !current.paused) });
  const done = h("a", { class: "small" }, "Its jobs");
  const node = h("li", { class: "panel worker-card" },
    h("div", { class: "panel-head worker-head" }, name, health),
    h("div", { class: "panel-body" }, facts, slots.node, running, h("div", { class: "worker-actions" }, done, toggle)),
  );
  return {
    node,
    update({ worker, jobs }) {
      current = worker;
      setText(toggle, worker.paused ? "Take jobs again" : "Stop taking jobs");
      show(toggle, may("operator"));
      setAttr(done, "href", `/jobs?workerId=${encodeURIComponent(worker.id)}`);
      setText(name, worker.id);
      setHealth(health, worker);
      setText(values["Busy slots"], `${worker.running.length} of ${worker.concurrency}`);
      heartbeat.set(worker.timestamp);
      setText(values.Up, duration(worker.uptime * 1000));
      setText(values.Memory, bytes(worker.rssBytes));
      setText(values.Where, `${worker.host}:${worker.port}, pid ${worker.pid}`);
      slots.set(worker);
      show(running, worker.running.length > 0);
      patch(worker.running.map((id) => ({ id, job: jobs.get(id) })));
    },
  };
}

function runningJob({ id }) {
  const name = h("span", { class: "name" });
  const percent = h("span", { class: "muted" });
  const bar = h("progress", { max: 100, value: 0, "aria-label": "Progress" });
  const stage = h("p", { class: "muted small stage" });
  const node = h("li", { class: "running-job" }, h("a", { href: jobPage(id) }, name, percent), bar, stage);
  return {
    node,
    update({ job }) {
      setText(name, job ? jobName(job) : id);
      setText(percent, job ? `${job.progress} %` : "");
      setText(stage, job?.stage ?? "");
      if (job && bar.value !== job.progress) bar.value = job.progress;
    },
  };
}
