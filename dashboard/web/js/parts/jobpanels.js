// The panels of the job screen that patch themselves from a job document.

import { pdfPath } from "../api.js";
import { copy } from "../dialogs.js";
import { h, keyedList, setAttr, setChildren, setText, show } from "../dom.js";
import { bytes, count, duration, exact, int, timeElement, toMs } from "../format.js";
import { UNFINISHED, capital } from "../states.js";
import { outcomeOf, tookMs } from "./jobtable.js";

function panel(title, ...content) {
  return h("section", { class: "panel", "aria-label": title }, h("div", { class: "panel-head" }, h("h2", {}, title)), h("div", { class: "panel-body" }, ...content));
}

/** A list of names and values; rows whose value is null are hidden. */
function factList(names) {
  const rows = names.map((name) => ({ term: h("dt", {}, name), value: h("dd", {}) }));
  return {
    node: h("dl", { class: "facts" }, ...rows.flatMap(({ term, value }) => [term, value])),
    value: (at) => rows[at].value,
    set(values) {
      values.forEach((value, at) => {
        const { term, value: node } = rows[at];
        show(term, value !== null);
        show(node, value !== null);
        if (typeof value === "string") setText(node, value);
      });
    },
  };
}

/** How far an unfinished job is. */
export function progressPanel() {
  const stage = h("strong", {});
  const side = h("span", { class: "muted" });
  const bar = h("progress", { class: "progress-large", max: 100, value: 0, "aria-label": "Progress" });
  const node = panel("Progress", h("div", { class: "job-progress-line" }, stage, side), bar);
  return {
    node,
    update(job) {
      show(node, UNFINISHED.has(job.state));
      setText(stage, headline(job));
      setText(side, aside(job));
      if (bar.value !== job.progress) bar.value = job.progress;
    },
  };
}

function headline(job) {
  if (job.state === "active") return `${int(job.progress)} %${job.stage ? ` · ${job.stage}` : ""}`;
  return outcomeOf(job)[0];
}

function aside(job) {
  const parts = [];
  if (job.state === "active") {
    parts.push(`running for ${duration(tookMs(job))}`);
    if (job.etaSeconds !== null) parts.push(`about ${duration(job.etaSeconds * 1000)} to go`);
    if (job.workerId) parts.push(`on ${job.workerId}`);
  } else if (job.queuePosition !== null) {
    parts.push(job.queuePosition === 0 ? "next in line" : `${count(job.queuePosition, "job")} before it`);
    if (job.large) parts.push("large: it waits for a slot that large jobs may take");
  }
  return parts.join(", ");
}

/** Why a job failed, or why its last attempt did. */
export function errorPanel() {
  const title = h("h2", {});
  const type = h("span", { class: "mono small" });
  const message = h("p", { class: "error-message" });
  const detail = h("pre", { class: "code-block" });
  const node = h("section", { class: "panel error-panel", "aria-label": "Error" },
    h("div", { class: "panel-head" }, title, type), h("div", { class: "panel-body" }, message), detail);
  return {
    node,
    update(job) {
      const visible = Boolean(job.failedReason) && job.state !== "completed";
      show(node, visible);
      if (!visible) return;
      setText(title, job.state === "failed" ? "Why it failed" : "Why the last attempt failed");
      setText(type, job.error?.type ?? "");
      setText(message, job.failedReason);
      const more = job.error?.detail;
      const text = typeof more === "string" ? more : more ? JSON.stringify(more, null, 2) : "";
      setText(detail, text);
      show(detail, text !== "");
    },
  };
}

/** What a completed job made. */
export function resultPanel() {
  const facts = factList(["Pages", "Size", "Rows", "Rendered in", "Peak memory", "File", "SHA-256"]);
  const sha = h("code", {});
  const copySha = h("button", { class: "button-link", type: "button", onclick: () => copy(sha.textContent, "Checksum") }, "Copy");
  facts.value(6).append(sha, " ", copySha);
  const list = h("ul", { class: "warning-list" });
  const patch = keyedList(list, (warning) => warning.key, () => warningLine());
  const warnings = h("div", { class: "warnings" }, h("h3", { class: "small" }, "Warnings"), list);
  const node = panel("Result", facts.node, warnings);
  return {
    node,
    update({ state, result }) {
      const visible = state === "completed" && result !== null;
      show(node, visible);
      if (!visible) return;
      facts.set([
        int(result.pages),
        `${bytes(result.fileSize)} (${int(result.fileSize)} bytes)`,
        rowsText(result),
        typeof result.renderMs === "number" ? duration(result.renderMs) : null,
        typeof result.peakRssMb === "number" ? `${int(Math.round(result.peakRssMb))} MB` : null,
        result.fileName,
        true,
      ]);
      setText(sha, result.sha256);
      show(warnings, result.warnings?.length > 0);
      patch(grouped(result.warnings ?? []).map((group, at) => ({ key: `${at} ${group.text}`, ...group })));
    },
  };
}

function rowsText({ rowsReceived, rowsRendered }) {
  if (rowsReceived === rowsRendered) return `${int(rowsRendered)}, all of those received`;
  return `${int(rowsRendered)} of ${int(rowsReceived)} received`;
}

const GLYPH = "no font has a glyph for ";

/** Warnings as they are shown: the characters without a glyph together, and what is said twice once. */
export function grouped(warnings) {
  const glyphs = warnings.filter((text) => text.startsWith(GLYPH));
  const times = new Map();
  for (const text of warnings) if (glyphs.length < 2 || !text.startsWith(GLYPH)) times.set(text, (times.get(text) ?? 0) + 1);
  const rest = [...times].map(([text, number]) => ({ text: number > 1 ? `${text} (${int(number)} times)` : text, items: [] }));
  if (glyphs.length < 2) return rest;
  const items = glyphs.map((text) => text.slice(GLYPH.length));
  const more = items.at(-1).match(/^([\d,]+) more characters$/);
  const number = items.length + (more ? Number(more[1].replaceAll(",", "")) - 1 : 0);
  return [{ text: `No font has a glyph for ${count(number, "character")}`, items }, ...rest];
}

function warningLine() {
  const summary = h("summary", {});
  const items = h("ul", { class: "warning-items" });
  const details = h("details", {}, summary, items);
  const text = h("span", {});
  return {
    node: h("li", {}, details, text),
    update(group) {
      show(details, group.items.length > 0);
      show(text, group.items.length === 0);
      setText(summary, group.text);
      setText(text, group.text);
      setChildren(items, group.items.map((item) => h("li", {}, item)));
    },
  };
}

/** Everything else that a record says. */
export function factsPanel() {
  const facts = factList(["Attempts", "Priority", "Tenant", "Worker", "Request", "Available", "Started", "Finished", "Took"]);
  const times = [5, 6, 7].map((at) => {
    const time = timeElement();
    const moment = h("span", { class: "muted" });
    facts.value(at).append(time.node, " ", moment);
    return { set: (value) => { time.set(value); setText(moment, value ? exact(toMs(value)) : ""); } };
  });
  const node = panel("Details", facts.node);
  return {
    node,
    update(job) {
      facts.set([
        `${job.attempts} of ${job.maxAttempts}`,
        `${job.priority} (0 first, 9 last)`,
        job.tenant,
        job.workerId,
        job.requestId,
        job.availableAt ? true : null,
        job.startedAt ? true : null,
        job.finishedAt ? true : null,
        tookMs(job) === null ? null : duration(tookMs(job)),
      ]);
      [job.availableAt, job.startedAt, job.finishedAt].forEach((value, at) => times[at].set(value));
    },
  };
}

/** The PDF in the browser's own viewer; loaded once, when the job is complete. */
export function previewPanel(id) {
  const frame = h("iframe", { class: "preview", title: "Preview of the PDF" });
  const node = h("section", { class: "panel preview-panel", "aria-label": "Preview" }, h("div", { class: "panel-head" }, h("h2", {}, "Preview")), frame);
  return {
    node,
    update(job) {
      const source = job.state === "completed" ? `${pdfPath(id, true)}#navpanes=0&view=FitH` : null;
      if (window.matchMedia("(min-width: 641px)").matches) setAttr(frame, "src", source);
      setAttr(frame, "aria-label", `Preview of ${capital(job.reportType)}`);
    },
  };
}
