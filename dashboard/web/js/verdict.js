// One line that says whether all is well, made from the numbers alone.

import { count, duration, exact, int, relative } from "./format.js";
import { capital } from "./states.js";

const SILENT_AFTER_MS = 8000;
const WAITING_WARN_SECONDS = 60;
const WAITING_BAD_SECONDS = 600;
const FAILING_BAD_RATIO = 0.2;

const RANK = { ok: 0, warn: 1, bad: 2 };

/** How long a worker has not been heard of, in ms, when that is longer than it should be; else 0. */
export function silentMs(worker, serverNowMs) {
  const silence = serverNowMs - worker.timestamp;
  return silence > SILENT_AFTER_MS ? silence : 0;
}

/** @returns {{level: "ok"|"warn"|"bad", headline: string, points: {text: string, href: string|null}[]}} */
export function judge(stats, workers) {
  const findings = [
    ...aboutWorkers(stats, workers),
    ...aboutQueue(stats),
    ...aboutFailures(stats.rates),
    ...aboutAlerts(stats),
  ].sort((left, right) => RANK[right.level] - RANK[left.level]);
  if (!findings.length) return { level: "ok", headline: "All is well", points: [{ text: calm(stats, workers), href: null }] };
  const [first, ...rest] = findings;
  const points = [{ text: capital(first.text), href: first.href }, ...rest.map(asPoint)];
  const since = Math.min(...stats.alerts.filter(({ since }) => since).map(({ since }) => Date.parse(since)));
  if (Number.isFinite(since)) points.push({ text: `Out of order ${relative(since).replace(" ago", "")}, since ${exact(since)}.`, href: "/system" });
  return { level: first.level, headline: first.headline, points };
}

function asPoint(finding) {
  return { text: `${finding.headline}: ${finding.text}`, href: finding.href };
}

function calm(stats, { workers }) {
  const busy = stats.counts.active;
  const slots = workers.reduce((sum, worker) => sum + worker.concurrency, 0);
  const waiting = stats.counts.waiting ? `${count(stats.counts.waiting, "job")} waiting` : "nothing waits";
  return `${count(workers.length, "worker")} up, ${int(busy)} of ${count(slots, "slot")} busy, ${waiting}.`;
}

function aboutWorkers(stats, { workers, timestamp }) {
  const href = "/workers";
  const open = stats.counts.waiting + stats.counts.active + stats.counts.delayed;
  if (!workers.length) {
    const text = open ? `${count(open, "unfinished job")} cannot move until a worker starts.` : "Jobs are accepted, but none will run.";
    return [{ level: open ? "bad" : "warn", headline: "No worker is running", text, href }];
  }
  const silent = workers.filter((worker) => silentMs(worker, timestamp));
  if (!silent.length) return [];
  const names = silent.map((worker) => worker.id).join(", ");
  const level = silent.length === workers.length ? "bad" : "warn";
  return [{ level, headline: `${count(silent.length, "worker")} silent`, text: `no heartbeat from ${names}.`, href }];
}

function aboutQueue(stats) {
  const findings = [];
  if (stats.paused) {
    const text = `running jobs finish, ${count(stats.counts.waiting, "job")} ${stats.counts.waiting === 1 ? "waits" : "wait"} for it to be resumed.`;
    findings.push({ level: "warn", headline: "The queue is paused", text, href: "/jobs?state=waiting" });
  }
  const age = stats.oldestWaitingSeconds;
  if (age > WAITING_WARN_SECONDS && !stats.paused) {
    const level = age > WAITING_BAD_SECONDS ? "bad" : "warn";
    const text = `the oldest of ${count(stats.counts.waiting, "waiting job")} has waited ${duration(age * 1000)}.`;
    findings.push({ level, headline: "Jobs wait long", text, href: "/jobs?state=waiting" });
  }
  return findings;
}

/** The alerts that nothing above says already. */
function aboutAlerts({ alerts }) {
  const left = alerts.filter(({ name, firing }) => firing && (name === "disk" || name === "stalls"));
  return left.map(({ title, detail }) => ({ level: "bad", headline: title, text: detail[0].toLowerCase() + detail.slice(1), href: "/system" }));
}

function aboutFailures(rates) {
  if (!rates.failedLastHour) return [];
  const ended = rates.failedLastHour + rates.completedLastHour;
  const level = rates.failureRatioLastHour >= FAILING_BAD_RATIO && rates.failedLastHour >= 5 ? "bad" : "warn";
  const headline = `${count(rates.failedLastHour, "job")} failed in the last hour`;
  const text = `out of ${int(ended)} that ended. See why.`;
  return [{ level, headline, text, href: "/jobs?state=failed" }];
}
