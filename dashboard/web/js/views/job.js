// One job: how far it is, what it made or why not, what happened, what was posted.

import { cancelJob, removeJob, retryJob } from "../actions.js";
import { call, jobPath, pdfPath } from "../api.js";
import { copy, toast } from "../dialogs.js";
import { h, setAttr, setChildren, setText, show } from "../dom.js";
import { timeElement } from "../format.js";
import { errorPanel, factsPanel, previewPanel, progressPanel, resultPanel } from "../parts/jobpanels.js";
import { payloadPanel } from "../parts/payload.js";
import { failure, placeholder, skeleton } from "../parts/placeholder.js";
import { timelinePanel } from "../parts/timeline.js";
import { navigate } from "../router.js";
import { may } from "../session.js";
import { CAN, UNFINISHED, jobName, statePill } from "../states.js";
import { watch } from "../store.js";

const LIVE_POLL_MS = 1000;
/** A job that has ended changes only when somebody retries or deletes it. */
const ENDED_POLL_MS = 4000;

export function mount(root, { match }) {
  const id = decoded(match[1]);
  document.title = "Job · Pressroom";
  const screen = jobScreen(id);
  const loading = h("section", { class: "panel" }, skeleton(8));
  const content = h("div", {}, loading);
  root.append(content);
  // What was posted may be megabytes: it is fetched once, by the payload panel.
  let following = null;
  following = watch(`${jobPath(id)}?omit=jobData`, ({ data, error }) => {
    if (error?.status === 404) {
      setChildren(content, [h("section", { class: "panel" }, placeholder({ title: "There is no such job", text: `No job has the id ${id}. It may have been deleted.` }))]);
      following?.every(ENDED_POLL_MS);
    } else if (data) {
      setChildren(content, [screen.node]);
      screen.update(data);
      following?.every(UNFINISHED.has(data.state) ? LIVE_POLL_MS : ENDED_POLL_MS);
    } else if (error) {
      setChildren(content, [h("section", { class: "panel" }, failure(error))]);
    }
  });
  return { unmount: () => following.stop() };
}

/** A part of a path as text; as it is where it stands for none, such as %FF. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function jobScreen(id) {
  const head = jobHead(id);
  const progress = progressPanel();
  const error = errorPanel();
  const result = resultPanel();
  const facts = factsPanel();
  const timeline = timelinePanel();
  const payload = payloadPanel(id);
  const preview = previewPanel(id);
  const left = h("div", { class: "stack" }, result.node, timeline.node, facts.node);
  const right = h("div", { class: "stack" }, preview.node, payload.node);
  const columns = h("div", { class: "job-columns" }, left, right);
  const node = h("div", {}, head.node, h("div", { class: "stack" }, error.node, progress.node, columns));
  return {
    node,
    update(job) {
      document.title = `${jobName(job)} · Pressroom`;
      for (const part of [head, progress, error, result, facts, timeline, preview]) part.update(job);
      show(preview.node, job.state === "completed");
    },
  };
}

function jobHead(id) {
  const title = h("h1", {});
  const pill = statePill();
  const kind = h("span", { class: "muted" });
  const created = timeElement();
  const actions = jobActions();
  const copyId = h("button", { class: "button-link", type: "button", onclick: () => copy(id, "Id"), "aria-label": "Copy the job's id" }, "Copy id");
  const node = h("div", { class: "page-head job-head" },
    h("div", { class: "job-head-name" },
      h("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, h("a", { href: "/jobs" }, "Jobs"), " / ", h("span", { class: "mono" }, id), " ", copyId),
      title,
      h("div", { class: "job-meta" }, pill.node, kind, h("span", { class: "muted" }, "created ", created.node)),
    ),
    actions.node,
  );
  return {
    node,
    update(job) {
      setText(title, jobName(job));
      pill.set(job.state);
      setText(kind, job.reportType);
      created.set(job.createdAt);
      actions.update(job);
    },
  };
}

function jobActions() {
  let current = null;
  const button = (label, kind, act) => h("button", { class: `button ${kind}`, type: "button", onclick: act }, label);
  const download = h("a", { class: "button button-primary", download: "" }, "Download PDF");
  const curl = h("button", { class: "button", type: "button", onclick: () => copyAsCurl(current) }, "Copy as curl");
  const open = h("a", { class: "button", target: "_blank", rel: "noopener" }, "Open PDF");
  const retry = button("Retry", "button-primary", () => retryJob(current));
  const cancel = button("Cancel", "button-danger", () => cancelJob(current));
  const remove = button("Delete", "button-danger", () => removeJob(current, () => navigate("/jobs")));
  const node = h("div", { class: "button-row" });
  return {
    node,
    update(job) {
      current = job;
      const done = job.state === "completed";
      setAttr(download, "href", pdfPath(job.id));
      setAttr(open, "href", pdfPath(job.id, true));
      setChildren(node, [
        done && download,
        done && open,
        may("operator") && CAN.retry.has(job.state) && retry,
        may("operator") && CAN.cancel.has(job.state) && cancel,
        curl,
        may("admin") && CAN.remove.has(job.state) && remove,
      ]);
    },
  };
}

/** The request that would make the same job again. */
async function copyAsCurl(job) {
  try {
    const [{ jobData }, { producerUrl }] = await Promise.all([call("GET", jobPath(job.id)), call("GET", "/api/system")]);
    if (jobData === null) throw new Error("What was posted can't be read any more.");
    const options = { tenant: job.tenant, priority: job.priority === 5 ? null : job.priority };
    const body = { ...jobData, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) };
    const quoted = JSON.stringify(body).replaceAll("'", "'\\''");
    copy(`curl -X POST ${producerUrl}/api/v1/reports/generate -H 'Content-Type: application/json' -d '${quoted}'`, "Command");
  } catch (error) {
    toast(error.message, "bad");
  }
}
