// The table of jobs: rows are kept and patched. While somebody points at it, rows keep their place.

import { cancelJob, retryJob } from "../actions.js";
import { jobPage, pdfPath } from "../api.js";
import { h, keyedList, setAttr, setChildren, setText, show } from "../dom.js";
import { bytes, count, duration, int, nowMs, relative, timeElement, toMs } from "../format.js";
import { may } from "../session.js";
import { CAN, jobName, statePill } from "../states.js";

/**
 * @param options `{compact, holdStill}`: compact has fewer columns; holdStill keeps new rows back while pointed at
 * @returns `{node, update(jobs)}`
 */
export function jobTable({ compact = false, holdStill = false } = {}) {
  const body = h("tbody", { role: "rowgroup" });
  const heldButton = h("button", { class: "held-back", type: "button", hidden: true });
  const table = h("table", { class: `table job-table${compact ? " compact" : ""}`, role: "table" },
    h("caption", { class: "visually-hidden" }, "Jobs, newest first"),
    h("thead", { role: "rowgroup" }, headings(compact)),
    body,
  );
  const node = h("div", {}, heldButton, table);
  const patch = keyedList(body, (job) => job.id, () => jobRow(compact));
  let shown = [];
  let latest = [];

  function settle() {
    shown = latest;
    patch(shown);
    show(heldButton, false);
  }

  function pointedAt() {
    return holdStill && shown.length > 0 && (body.matches(":hover") || body.contains(document.activeElement));
  }

  heldButton.addEventListener("click", settle);
  body.addEventListener("pointerleave", () => !heldButton.hidden && settle());
  return {
    node,
    update(jobs) {
      latest = jobs;
      const known = new Set(shown.map((job) => job.id));
      const fresh = jobs.filter((job) => !known.has(job.id)).length;
      if (!pointedAt() || !(fresh || jobs.length !== shown.length)) {
        settle();
        return;
      }
      const now = new Map(jobs.map((job) => [job.id, job]));
      patch(shown.map((job) => now.get(job.id) ?? { ...job, gone: true }));
      setText(heldButton, fresh ? `Show ${count(fresh, "newer job")}` : "The list has changed: show it");
      show(heldButton, true);
    },
  };
}

function headings(compact) {
  const columns = [["Report", "col-name"], ["State", "col-state"], ["Progress and outcome", "col-outcome"]];
  if (!compact) columns.push(["Attempts", "col-attempts"]);
  columns.push(["Created", "col-created"]);
  if (!compact) columns.push(["Took", "col-took"], ["Action", "col-action"]);
  return h("tr", { role: "row" }, ...columns.map(([text, name]) => h("th", { scope: "col", role: "columnheader", class: name }, text)));
}

function cell(name, ...children) {
  return h("td", { class: `cell-${name}`, role: "cell" }, ...children);
}

function jobRow(compact) {
  let current = null;
  const title = h("a", { class: "job-title" });
  const sub = h("span", { class: "job-sub" });
  const pill = statePill();
  const outcome = outcomeCell();
  const attempts = h("span", {});
  const created = timeElement();
  const took = h("span", {});
  const action = actionCell(() => current);
  const node = h("tr", { role: "row" },
    cell("name", h("div", { class: "job-name" }, title, sub)),
    cell("state", pill.node),
    cell("outcome", outcome.node),
    !compact && cell("attempts", attempts),
    cell("created", created.node),
    !compact && cell("took", took),
    !compact && cell("action", action.node),
  );
  function update(job) {
    current = job;
    setAttr(node, "data-gone", Boolean(job.gone));
    setAttr(title, "href", jobPage(job.id));
    setText(title, jobName(job));
    setText(sub, `${job.reportType} · ${job.id}`);
    pill.set(job.state);
    outcome.set(job);
    setText(attempts, `${job.attempts} of ${job.maxAttempts}`);
    created.set(job.createdAt);
    setText(took, duration(tookMs(job)));
    action.set(job);
  }
  return { node, update };
}

/** How long the current or last attempt took so far, in ms; null before the first. */
export function tookMs(job) {
  const started = toMs(job.startedAt);
  if (started === null || job.state === "waiting" || job.state === "delayed") return null;
  return (toMs(job.finishedAt) ?? nowMs()) - started;
}

function outcomeCell() {
  const text = h("span", { class: "outcome" });
  const bar = h("progress", { max: 100, "aria-label": "Progress" });
  const barBox = h("div", { class: "outcome-progress" }, bar);
  const node = h("div", {}, text, barBox);
  return {
    node,
    set(job) {
      const [words, tone] = outcomeOf(job);
      setText(text, words);
      setAttr(text, "data-tone", tone);
      setAttr(text, "title", tone === "bad" ? words : null);
      show(barBox, job.state === "active");
      if (bar.value !== job.progress || !bar.hasAttribute("value")) bar.value = job.progress;
    },
  };
}

/** What there is to say of a job in one line, and its tone. */
export function outcomeOf(job) {
  const { result } = job;
  if (job.state === "completed" && result) {
    const warnings = result.warnings?.length ? ` · ${count(result.warnings.length, "warning")}` : "";
    return [`${count(result.pages, "page")} · ${bytes(result.fileSize)}${warnings}`, null];
  }
  if (job.state === "failed") return [job.failedReason || "No reason was recorded", "bad"];
  if (job.state === "active") return [`${int(job.progress)} %${job.stage ? ` · ${job.stage}` : ""}`, null];
  if (job.state === "delayed") return [`Runs ${relative(toMs(job.availableAt))}${job.failedReason ? `, after: ${job.failedReason}` : ""}`, "muted"];
  if (job.state === "waiting") return [job.attempts ? "Waits for its next attempt" : "Waits for a worker", "muted"];
  if (job.state === "cancelled") return [job.attempts ? "Stopped by request" : "Cancelled before it ran", "muted"];
  return ["–", "muted"];
}

function actionCell(job) {
  const pdf = h("a", { class: "button button-quiet row-action", target: "_blank", rel: "noopener" }, "Open PDF");
  const retry = h("button", { class: "button button-quiet row-action", type: "button", onclick: () => retryJob(job()) }, "Retry");
  const cancel = h("button", { class: "button button-quiet row-action", type: "button", onclick: () => cancelJob(job()) }, "Cancel");
  const node = h("div", {});
  return {
    node,
    set(now) {
      const name = jobName(now);
      setAttr(pdf, "href", pdfPath(now.id, true));
      setAttr(pdf, "aria-label", `Open PDF of ${name}`);
      setAttr(retry, "aria-label", `Retry ${name}`);
      setAttr(cancel, "aria-label", `Cancel ${name}`);
      const button = now.state === "completed" ? pdf : !may("operator") ? null : CAN.retry.has(now.state) ? retry : CAN.cancel.has(now.state) ? cancel : null;
      setChildren(node, now.gone ? [] : [button]);
    },
  };
}
