// What a person can do; each asks first where it can't be taken back, says what happened, and refreshes the screen.

import { call, jobPath } from "./api.js";
import { confirm, toast } from "./dialogs.js";
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
