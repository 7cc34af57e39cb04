// The list of jobs. The address holds the filters and the page.

import { actOnAll } from "../actions.js";
import { h, setAttr, setChildren, setText, show } from "../dom.js";
import { count, int } from "../format.js";
import { filterPanel, FILTERS } from "../parts/filters.js";
import { jobTable } from "../parts/jobtable.js";
import { failure, placeholder, skeleton } from "../parts/placeholder.js";
import { navigate } from "../router.js";
import { may } from "../session.js";
import { STATES, UNFINISHED, capital } from "../states.js";
import { watch } from "../store.js";

const LIMIT = 25;
/** Older pages change less, so they are asked for less often. */
const OLDER_PAGE_POLL_MS = 5000;
/** A search that finds nothing in what one call looks at goes on by itself so many times. */
const MOST_STEPS = 40;

export function mount(root, params) {
  let wanted = {};
  const states = stateBar();
  const filters = filterPanel((wanted) => navigate(screenPath(wanted)));
  const summary = h("p", { class: "muted", "aria-live": "polite" });
  const bulk = bulkMenu(() => wanted);
  const list = listPanel();
  root.append(
    h("div", { class: "page-head" }, h("h1", {}, "Jobs"), h("div", { class: "head-end" }, summary, bulk.node)),
    states.node, filters.node, list.node,
  );
  const counts = watch("/api/stats", ({ data }) => data && states.count(data));
  let page = null;
  let steps = 0;
  let turns = 0;

  function update({ query }) {
    const turn = ++turns;
    wanted = Object.fromEntries(FILTERS.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
    const cursor = query.get("cursor");
    steps = history.state?.looking ?? 0;
    document.title = `${wanted.state ? capital(wanted.state) : "All"} jobs · Pressroom`;
    states.select(wanted);
    filters.show(wanted);
    bulk.reset();
    list.reset(wanted, cursor);
    setText(summary, "");
    page?.stop();
    page = watch(`/api/jobs?${new URLSearchParams({ limit: LIMIT, ...wanted, ...(cursor ? { cursor } : {}) })}`, (now) => {
      const { data } = now;
      if (data && !data.jobs.length && data.nextCursor && steps < MOST_STEPS) {
        setText(summary, "Looking further back…");
        // not at once: an answer that is known already comes before `watch` has returned
        const following = screenPath(wanted, data.nextCursor);
        queueMicrotask(() => turn === turns && navigate(following, { replace: true, state: { looking: steps + 1 } }));
        return;
      }
      list.update(now);
      bulk.update(data);
      if (data) setText(summary, data.total ? `${data.totalIsExact ? "" : "about "}${count(data.total, wanted.state ? `${wanted.state} job` : "job")}` : "");
    }, cursor ? OLDER_PAGE_POLL_MS : undefined);
  }

  update(params);
  return {
    update,
    unmount() {
      turns += 1;
      counts.stop();
      page.stop();
    },
  };
}

function screenPath(wanted, cursor = null) {
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
  if (cursor) query.set("cursor", cursor);
  return query.size ? `/jobs?${query}` : "/jobs";
}

function stateBar() {
  const links = new Map();
  for (const state of [null, ...STATES]) {
    const number = h("span", { class: "count" });
    links.set(state, { link: h("a", {}, state ? capital(state) : "All", number), number });
  }
  return {
    node: h("nav", { class: "filters", "aria-label": "Filter by state" }, ...[...links.values()].map(({ link }) => link)),
    select(wanted) {
      for (const [own, { link }] of links) {
        setAttr(link, "aria-current", own === (wanted.state ?? null) ? "true" : null);
        const { sort, ...rest } = wanted;
        const keeps = sort && !(sort.endsWith("finishedAt") && UNFINISHED.has(own)) ? { sort } : {};
        setAttr(link, "href", screenPath({ ...rest, ...keeps, state: own }));
      }
    },
    count(stats) {
      for (const [state, { number }] of links) {
        const value = state === null ? stats.totalJobs + stats.cancelled : stats.counts[state] ?? stats.cancelled;
        setText(number, int(value));
      }
    },
  };
}

/** Retry, cancel or delete everything that matches. */
function bulkMenu(wanted) {
  const progress = h("span", { class: "muted small", "aria-live": "polite" });
  const buttons = [["retry", "Retry all", "operator"], ["cancel", "Cancel all", "operator"], ["remove", "Delete all", "admin"]].map(([action, label, role]) => ({
    action,
    role,
    node: h("button", {
      class: `button button-quiet${action === "retry" ? "" : " button-danger"}`,
      type: "button",
      onclick: () => {
        const { sort, ...filter } = wanted();
        actOnAll(action, filter, (done) => setText(progress, done === null ? "" : `${int(done)} done…`));
      },
    }, label),
  }));
  const node = h("div", { class: "button-row bulk", role: "group", "aria-label": "Everything that matches" }, progress, ...buttons.map((one) => one.node));
  function update(data) {
    const { state } = wanted();
    const possible = {
      retry: !state || state === "failed" || state === "cancelled",
      cancel: !state || UNFINISHED.has(state),
      remove: Boolean(state) && state !== "active",
    };
    const some = Boolean(data && (data.jobs.length || data.total));
    for (const { action, role, node: button } of buttons) show(button, some && may(role) && possible[action]);
  }
  update(null);
  return { node, update, reset: () => update(null) };
}

function listPanel() {
  let table = null;
  let wanted = {};
  const content = h("div", {});
  const newest = h("a", { class: "button" }, "Newest");
  const older = h("a", { class: "button" }, "Older");
  const note = h("span", { class: "muted small" });
  const pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true }, note, h("span", { class: "button-row" }, newest, older));
  const node = h("section", { class: "panel", "aria-label": "Jobs" }, content, pager);

  return {
    node,
    reset(nextWanted, cursor) {
      wanted = nextWanted;
      table = jobTable({ holdStill: true });
      setChildren(content, [skeleton(8)]);
      setAttr(newest, "href", screenPath(wanted));
      show(newest, Boolean(cursor));
      show(pager, false);
      setText(note, cursor ? "An older page. New jobs appear on the first one." : "New jobs appear by themselves.");
    },
    update({ data, error }) {
      if (!data) {
        if (error?.status === 422 && error.errors.some(({ path }) => path.endsWith("cursor") || path.endsWith("state"))) navigate(screenPath({ ...wanted, state: STATES.includes(wanted.state) ? wanted.state : null }), { replace: true });
        else if (error?.status === 422) setChildren(content, [placeholder({ level: "bad", title: "This filter can't be used", text: error.errors.map(({ path, message }) => `${path.replace("query.", "")}: ${message}`).join("; ") })]);
        else if (error) setChildren(content, [failure(error)]);
        return;
      }
      if (data.jobs.length) {
        setChildren(content, [table.node]);
        table.update(data.jobs);
      } else if (!content.querySelector(".placeholder")) {
        setChildren(content, [nothing(wanted)]);
      }
      show(older, Boolean(data.nextCursor));
      if (data.nextCursor) setAttr(older, "href", screenPath(wanted, data.nextCursor));
      show(pager, Boolean(data.nextCursor) || !newest.hidden);
    },
  };
}

function nothing(wanted) {
  const texts = {
    waiting: "Every accepted job has been claimed.",
    delayed: "No job is set for later or waits for its next attempt.",
    active: "No worker runs a job at the moment.",
    failed: "Nothing to worry about here.",
    completed: "Finished reports appear here.",
    cancelled: "Nobody cancelled a job.",
  };
  const { state, ...others } = wanted;
  if (Object.keys(others).some((name) => name !== "sort")) return placeholder({ title: "No job matches", text: "Fewer filters find more. Text is looked for in id, title, the beginning of the data, and errors." });
  return placeholder({ title: state ? `No ${state} jobs` : "No jobs yet", text: texts[state] ?? "Jobs appear here as soon as the producer accepts them." });
}
