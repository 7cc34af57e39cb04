// The first screen: is all well, how much is where, what happened last.

import { h, icon, keyedList, setAttr, setChildren, setText, show } from "../dom.js";
import { bytes, count, duration, int, nowMs } from "../format.js";
import { latencyChart, throughputChart } from "../parts/chart.js";
import { jobTable } from "../parts/jobtable.js";
import { failure, placeholder, skeleton } from "../parts/placeholder.js";
import { STATES, capital } from "../states.js";
import { watch } from "../store.js";
import { judge, silentMs } from "../verdict.js";

const WORKERS_POLL_MS = 2500;
const HISTORY_POLL_MS = 5000;
const STEPS = { minute: "Last hour", hour: "Two days", day: "Sixty days" };
const RECENT = 10;
const RUNNING = 8;
const ICONS = {
  ok: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M8 12.3l2.8 2.8L16 9.6"],
  warn: ["M12 4 2.8 20h18.4z", "M12 10.2v4.3M12 17.3v.1"],
  bad: ["M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z", "M12 7.8v5M12 16.1v.1"],
  unknown: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 7.5V12l3 2"],
};
/** What to paste to make a first job: quoting for a POSIX shell. */
const FIRST_JOB = `curl -X POST http://localhost:5001/api/v1/reports/generate -H 'Content-Type: application/json' -d '{"reportType":"test","data":{"period":"2026-Q1","revenue":1250}}'`;

export function mount(root, params) {
  document.title = "Overview · Pressroom";
  const verdict = verdictPanel();
  const cards = stateCards();
  const figures = figureStrip();
  const charts = historyCharts(params.query.get("history"));
  const running = runningPanel();
  const recent = recentPanel();
  const workers = workersPanel();
  root.append(
    h("h1", { class: "visually-hidden" }, "Overview"),
    h("div", { class: "stack" },
      verdict.node,
      cards.node,
      figures.node,
      charts.node,
      h("div", { class: "overview-columns" }, h("div", { class: "stack" }, running.node, recent.node), workers.node),
    ),
  );

  let stats = null;
  let crew = null;
  function judgeNow() {
    if (stats?.data && crew?.data) verdict.update(judge(stats.data, crew.data), stats.error ?? crew.error);
    else if (stats?.error) verdict.fail(stats.error);
  }
  const watches = [
    watch("/api/stats", (now) => {
      stats = now;
      if (now.data) {
        cards.update(now.data);
        figures.update(now.data);
      }
      judgeNow();
    }),
    watch("/api/workers", (now) => {
      crew = now;
      workers.update(now);
      judgeNow();
    }, WORKERS_POLL_MS, { changesAlone: false }),
    watch(`/api/jobs?state=active&limit=${RUNNING}`, running.update),
    watch(`/api/jobs?limit=${RECENT}`, recent.update),
  ];
  return {
    update: ({ query }) => charts.choose(query.get("history")),
    unmount() {
      charts.stop();
      watches.forEach((one) => one.stop());
    },
  };
}

/** What happened over time; the address holds how far back. */
function historyCharts(asked) {
  const links = Object.entries(STEPS).map(([step, text]) => h("a", { href: step === "minute" ? "/" : `/?history=${step}`, "data-step": step }, text));
  const throughput = throughputChart();
  const latency = latencyChart();
  let following = null;

  function choose(step) {
    const chosen = STEPS[step] ? step : "minute";
    for (const link of links) setAttr(link, "aria-current", link.dataset.step === chosen ? "true" : null);
    following?.stop();
    following = watch(`/api/stats?history=${chosen}`, ({ data }) => {
      if (!data) return;
      throughput.update(data.history);
      latency.update(data.history);
    }, HISTORY_POLL_MS, { changesAlone: true });
  }

  choose(asked);
  return {
    node: h("div", { class: "charts-box" },
      h("nav", { class: "filters", "aria-label": "Time shown" }, ...links),
      h("div", { class: "charts" }, throughput.node, latency.node)),
    choose,
    stop: () => following.stop(),
  };
}

function verdictPanel() {
  const drawing = h("div", {}, icon("verdict-icon", ...ICONS.unknown));
  const headline = h("h2", {}, "Looking…");
  const points = h("ul", { class: "muted" }, h("li", {}, "Reading the queue and its workers."));
  const node = h("section", { class: "panel verdict", "data-level": "unknown", "aria-label": "State of the system" }, drawing, h("div", {}, headline, points));
  let level = "unknown";
  const patch = keyedList(points, (point) => point.key, verdictPoint);

  function say(nextLevel, title, lines) {
    if (level !== nextLevel) drawing.replaceChildren(icon("verdict-icon", ...ICONS[nextLevel]));
    if (level === "unknown" && nextLevel !== "unknown") points.replaceChildren();
    level = nextLevel;
    setAttr(node, "data-level", level);
    setText(headline, title);
    patch(lines.map((line, at) => ({ ...line, key: `${at} ${line.href}` })));
  }

  return {
    node,
    update(result, error) {
      if (error) this.fail(error);
      else say(result.level, result.headline, result.points);
    },
    fail(error) {
      const redis = error.status === 503;
      const title = redis ? "Redis can't be reached" : error.status === 0 ? "The dashboard does not answer" : error.title;
      const text = redis ? "No job can be accepted, claimed or finished now. Workers keep what they have rendered until Redis is back." : error.message;
      say("bad", title, [{ text, href: null }]);
    },
  };
}

function verdictPoint({ href }) {
  const text = href ? h("a", { href }) : h("span", {});
  return { node: h("li", {}, text), update: (point) => setText(text, point.text) };
}

function stateCards() {
  const figures = new Map();
  const cards = STATES.map((state) => {
    const figure = h("span", { class: "figure" }, "–");
    const card = h("a", { class: "panel state-card", href: `/jobs?state=${state}`, "data-state": state },
      h("span", { class: "state-dot" }, capital(state)), figure);
    figures.set(state, { figure, card });
    return card;
  });
  return {
    node: h("nav", { class: "state-cards", "aria-label": "Jobs by state" }, ...cards),
    update(stats) {
      for (const [state, { figure, card }] of figures) {
        const value = state === "cancelled" ? stats.cancelled : stats.counts[state];
        setText(figure, int(value));
        setAttr(card, "data-zero", value === 0);
      }
    },
  };
}

function figureStrip() {
  const names = ["Completed, last minute", "Completed, last hour", "Failed, last hour", "Oldest waiting", "Recovery, median", "Reports stored"];
  const values = names.map(() => h("dd", {}, "–"));
  return {
    node: h("dl", { class: "panel figures" }, ...names.map((name, at) => h("div", {}, h("dt", {}, name), values[at]))),
    update({ rates, oldestWaitingSeconds, recovery, storage }) {
      const ratio = rates.failureRatioLastHour;
      const share = ratio ? ` (${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %)` : "";
      setText(values[0], int(rates.completedLastMinute));
      setText(values[1], int(rates.completedLastHour));
      setText(values[2], `${int(rates.failedLastHour)}${share}`);
      setText(values[3], oldestWaitingSeconds === null ? "Nothing waits" : duration(oldestWaitingSeconds * 1000));
      setText(values[4], recovery.count ? duration(recovery.reclaimP50Ms) : "None needed");
      setAttr(values[4], "title", recovery.count ? `${count(recovery.count, "job")} of lost workers, to the next claim` : null);
      setText(values[5], bytes(storage.reportBytes));
    },
  };
}

function runningPanel() {
  const table = jobTable({ compact: true, holdStill: true });
  const more = h("a", { href: "/jobs?state=active", class: "small" });
  const node = h("section", { class: "panel", "aria-label": "Running now", hidden: true },
    h("div", { class: "panel-head" }, h("h2", {}, "Running now"), more), table.node);
  return {
    node,
    update({ data }) {
      if (!data) return;
      show(node, data.jobs.length > 0);
      setText(more, data.total > data.jobs.length ? `All ${int(data.total)}` : "Active jobs");
      table.update(data.jobs);
    },
  };
}

function recentPanel() {
  const table = jobTable({ compact: true, holdStill: true });
  const empty = placeholder({ title: "No jobs yet", text: "Post one to the producer and watch it work:", code: FIRST_JOB });
  const content = h("div", {}, skeleton());
  const node = h("section", { class: "panel", "aria-label": "Recent jobs" },
    h("div", { class: "panel-head" }, h("h2", {}, "Recent jobs"), h("a", { href: "/jobs", class: "small" }, "All jobs")), content);
  return {
    node,
    update({ data, error }) {
      if (!data) {
        if (error) setChildren(content, [failure(error)]);
        return;
      }
      setChildren(content, [data.jobs.length ? table.node : empty]);
      if (data.jobs.length) table.update(data.jobs);
    },
  };
}

function workersPanel() {
  const list = h("ul", { class: "worker-list" });
  const patch = keyedList(list, (worker) => worker.id, workerLine);
  const empty = placeholder({ title: "No workers", text: "Start one:", code: "python -m worker" });
  const content = h("div", {}, skeleton(3));
  const node = h("section", { class: "panel", "aria-label": "Workers" },
    h("div", { class: "panel-head" }, h("h2", {}, "Workers"), h("a", { href: "/workers", class: "small" }, "Details")), content);
  return {
    node,
    update({ data, error }) {
      if (!data) {
        if (error) setChildren(content, [failure(error)]);
        return;
      }
      setChildren(content, [data.workers.length ? list : empty]);
      patch(data.workers);
    },
  };
}

function workerLine() {
  const name = h("span", { class: "worker-name" });
  const health = h("span", { class: "health" });
  const facts = h("p", { class: "muted small" });
  const slots = slotMeter();
  const node = h("li", {}, h("div", { class: "worker-head" }, name, health), facts, slots.node);
  return {
    node,
    update(worker) {
      setText(name, worker.id);
      setHealth(health, worker);
      setText(facts, `${worker.running.length} of ${worker.concurrency} busy · up ${duration(worker.uptime * 1000)} · ${bytes(worker.rssBytes)}`);
      slots.set(worker);
    },
  };
}

/** Says whether a worker was heard of lately. */
export function setHealth(node, worker) {
  const silence = silentMs(worker, nowMs());
  setAttr(node, "data-level", silence || worker.paused ? "warn" : "ok");
  setText(node, silence ? `Silent for ${duration(silence)}` : worker.paused ? "Takes no jobs" : worker.running.length ? "Working" : "Idle");
}

/** One bar per slot of a worker; the busy ones are coloured. */
export function slotMeter() {
  const node = h("div", { class: "slots", role: "img" });
  return {
    node,
    set({ concurrency, running }) {
      while (node.children.length > concurrency) node.lastChild.remove();
      while (node.children.length < concurrency) node.append(h("span", { class: "slot" }));
      [...node.children].forEach((slot, at) => setAttr(slot, "data-busy", at < running.length));
      setAttr(node, "aria-label", `${count(running.length, "busy slot")} of ${concurrency}`);
    },
  };
}
