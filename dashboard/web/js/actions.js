// What a person can do; each asks first where it can't be taken back, says what happened, and refreshes the screen.

import { call, jobPath } from "./api.js";
import { confirm, toast } from "./dialogs.js";
import { count, int } from "./format.js";
import { jobName } from "./states.js";
import { refreshAll } from "./store.js";

/** @param leave called before the refresh when it worked: goes away from what is gone now */
async function perform(method, path, done, leave = () => {}) {
  try {
    await call(method, path);
    toast(done);
    leave();
    return true;
  } catch (error) {
    toast(error.message, "bad");
    return false;
  } finally {
    refreshAll();
  }
}

export function retryJob(job) {
  return perform("POST", `${jobPath(job.id)}/retry`, `“${jobName(job)}” runs again`);
}

export async function cancelJob(job) {
  const sure = await confirm({
    title: "Cancel this job?",
    text: `“${jobName(job)}” stops at once and makes no PDF. It can be retried later.`,
    yes: "Cancel the job",
    no: "Keep it running",
  });
  return sure && perform("POST", `${jobPath(job.id)}/cancel`, `“${jobName(job)}” is cancelled`);
}

export async function removeJob(job, leave) {
  const sure = await confirm({
    title: "Delete this job?",
    text: `“${jobName(job)}”, its data, its history and its PDF are gone for good.`,
    yes: "Delete for good",
  });
  return sure && perform("DELETE", jobPath(job.id), `“${jobName(job)}” is deleted`, leave);
}

export async function setPaused(paused) {
  if (paused) {
    const sure = await confirm({
      title: "Pause the queue?",
      text: "Running jobs finish. New jobs are still accepted, and wait until the queue is resumed.",
      yes: "Pause the queue",
      no: "Keep it going",
      danger: false,
    });
    if (!sure) return false;
  }
  return perform("POST", `/api/queue/${paused ? "pause" : "resume"}`, paused ? "The queue is paused" : "The queue goes on");
}

export async function setWorkerPaused(worker, paused) {
  const path = `/api/workers/${encodeURIComponent(worker.id)}/${paused ? "pause" : "resume"}`;
  return perform("POST", path, paused ? `${worker.id} takes no more jobs` : `${worker.id} takes jobs again`);
}

const BULK = {
  retry: { verb: "Retry", done: "run again", danger: false, text: "They go back into the queue under their ids." },
  cancel: { verb: "Cancel", done: "are cancelled", danger: true, text: "Running ones stop at once. They can be retried later." },
  remove: { verb: "Delete", done: "are deleted", danger: true, text: "Their data, history and PDFs are gone for good." },
};

/**
 * Does the same to every job that a filter describes, after counting them and asking.
 * @param progress told how many are done so far
 */
export async function actOnAll(action, filter, progress) {
  const words = BULK[action];
  try {
    const preview = await call("POST", "/api/jobs/bulk", { action, filter, dryRun: true });
    // what comes, fails or finishes after the question is not meant
    const bounded = { ...filter, to: filter.to ?? preview.asOf };
    const number = `${preview.nextCursor ? "at least " : ""}${count(preview.done, "job")}`;
    if (!preview.done) {
      toast(`Nothing to do: no job that matches can be ${action === "remove" ? "deleted" : action === "retry" ? "retried" : "cancelled"}`);
      return;
    }
    const skipped = Object.entries(preview.skipped).map(([state, size]) => `${int(size)} ${state}`).join(", ");
    const sure = await confirm({
      title: `${words.verb} ${number}?`,
      text: `${words.text}${skipped ? ` Left alone: ${skipped}.` : ""}`,
      yes: `${words.verb} ${number}`,
      no: "Leave them",
      danger: words.danger,
    });
    if (!sure) return;
    let done = 0;
    let cursor = null;
    do {
      const answer = await call("POST", "/api/jobs/bulk", { action, filter: bounded, ...(cursor ? { cursor } : {}) });
      done += answer.done;
      cursor = answer.nextCursor;
      progress(done);
    } while (cursor);
    toast(`${count(done, "job")} ${words.done}`);
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    progress(null);
    refreshAll();
  }
}
