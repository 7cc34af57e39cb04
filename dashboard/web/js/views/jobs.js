// The list of jobs. The address holds the filter and the page.

import { h, setAttr, setChildren, setText, show } from "../dom.js";
import { count, int } from "../format.js";
import { jobTable } from "../parts/jobtable.js";
import { failure, placeholder, skeleton } from "../parts/placeholder.js";
import { navigate } from "../router.js";
import { STATES, capital } from "../states.js";
import { watch } from "../store.js";

const LIMIT = 25;
/** Older pages change less, so they are asked for less often. */
const OLDER_PAGE_POLL_MS = 5000;

export function mount(root, params) {
  const filters = filterBar();
  const summary = h("p", { class: "muted" });
  const list = listPanel();
  root.append(h("div", { class: "page-head" }, h("h1", {}, "Jobs"), summary), filters.node, list.node);
  const counts = watch("/api/stats", ({ data }) => data && filters.count(data));
  let page = null;

  function update({ query }) {
    const state = query.get("state");
    const cursor = query.get("cursor");
    document.title = `${state ? capital(state) : "All"} jobs · Pressroom`;
    filters.select(state);
    list.reset(state, cursor);
    setText(summary, "");
    page?.stop();
    page = watch(apiPath(state, cursor), (now) => {
      list.update(now);
      if (now.data) setText(summary, now.data.total ? count(now.data.total, state ? `${state} job` : "job") : "");
    }, cursor ? OLDER_PAGE_POLL_MS : undefined);
  }

  update(params);
  return {
    update,
    unmount() {
      counts.stop();
      page.stop();
    },
  };
}

function apiPath(state, cursor) {
  const query = new URLSearchParams({ limit: LIMIT });
  if (state) query.set("state", state);
  if (cursor) query.set("cursor", cursor);
  return `/api/jobs?${query}`;
}

function screenPath(state, cursor = null) {
  const query = new URLSearchParams();
  if (state) query.set("state", state);
  if (cursor) query.set("cursor", cursor);
  return query.size ? `/jobs?${query}` : "/jobs";
}

function filterBar() {
  const links = new Map();
  for (const state of [null, ...STATES]) {
    const number = h("span", { class: "count" });
    const link = h("a", { href: screenPath(state) }, state ? capital(state) : "All", number);
    links.set(state, { link, number });
  }
  return {
    node: h("nav", { class: "filters", "aria-label": "Filter by state" }, ...[...links.values()].map(({ link }) => link)),
    select(state) {
      for (const [own, { link }] of links) setAttr(link, "aria-current", own === state ? "true" : null);
    },
    count(stats) {
      for (const [state, { number }] of links) {
        const value = state === null ? stats.totalJobs + stats.cancelled : stats.counts[state] ?? stats.cancelled;
        setText(number, int(value));
      }
    },
  };
}

function listPanel() {
  let table = null;
  let state = null;
  const content = h("div", {});
  const newest = h("a", { class: "button" }, "Newest");
  const older = h("a", { class: "button" }, "Older");
  const note = h("span", { class: "muted small" });
  const pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true }, note, h("span", { class: "button-row" }, newest, older));
  const node = h("section", { class: "panel", "aria-label": "Jobs" }, content, pager);

  return {
    node,
    reset(nextState, cursor) {
      state = nextState;
      table = jobTable({ holdStill: true });
      setChildren(content, [skeleton(8)]);
      setAttr(newest, "href", screenPath(state));
      show(newest, Boolean(cursor));
      show(pager, false);
      setText(note, cursor ? "An older page. New jobs appear on the first one." : "Newest first. New jobs appear by themselves.");
    },
    update({ data, error }) {
      if (!data) {
        if (error?.status === 422) navigate(screenPath(STATES.includes(state) ? state : null), { replace: true });
        else if (error) setChildren(content, [failure(error)]);
        return;
      }
      if (data.jobs.length) {
        setChildren(content, [table.node]);
        table.update(data.jobs);
      } else if (!content.querySelector(".placeholder")) {
        setChildren(content, [nothing(state)]);
      }
      show(older, Boolean(data.nextCursor));
      if (data.nextCursor) setAttr(older, "href", screenPath(state, data.nextCursor));
      show(pager, Boolean(data.nextCursor) || !newest.hidden);
    },
  };
}

function nothing(state) {
  const texts = {
    waiting: "Every accepted job has been claimed.",
    delayed: "No job is set for later or waits for its next attempt.",
    active: "No worker runs a job at the moment.",
    failed: "Nothing to worry about here.",
    completed: "Finished reports appear here.",
    cancelled: "Nobody cancelled a job.",
  };
  return placeholder({ title: state ? `No ${state} jobs` : "No jobs yet", text: texts[state] ?? "Jobs appear here as soon as the producer accepts them." });
}
