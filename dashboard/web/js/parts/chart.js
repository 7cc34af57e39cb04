// Charts from history buckets, drawn as SVG with attributes only. Each has a table of the same figures for
// those who can't see it.

import { h, setAttr, setChildren, setText } from "../dom.js";
import { duration, exact, int, toMs } from "../format.js";

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const HEIGHT = 150;
const FLOOR = HEIGHT - 4;
const TOP = 10;

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The next round number, for the top of the scale. */
function roundUp(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((top) => top >= value);
}

/**
 * @param options `{title, series: [{name, kind: "bar"|"line", tone, value(bucket)}], format(value)}`
 * @returns `{node, update(history)}`
 */
export function chart({ title, series, format }) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", preserveAspectRatio: "none", "aria-hidden": "true" });
  const highest = h("span", { class: "chart-top muted small" });
  const from = h("span", {});
  const to = h("span", {}, "now");
  const readout = h("p", { class: "chart-readout muted small", "aria-hidden": "true" });
  const legend = h("ul", { class: "legend" }, ...series.map(({ name, tone }) => h("li", { "data-tone": tone }, name)));
  const body = h("tbody", {});
  const table = h("table", { class: "visually-hidden" },
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Time"), ...series.map(({ name }) => h("th", { scope: "col" }, name)))),
    body);
  const plot = h("div", { class: "chart-box" }, highest, drawing);
  const node = h("section", { class: "panel chart-panel", "aria-label": title },
    h("div", { class: "panel-head" }, h("h2", {}, title), legend),
    h("div", { class: "panel-body" }, plot, h("div", { class: "chart-axis muted small" }, from, to), readout, h("div", { class: "table-box" }, table)));
  let shown = [];

  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * shown.length);
    if (shown[at]) setText(readout, words(shown[at]));
  });
  plot.addEventListener("pointerleave", () => setText(readout, shown.length ? words(shown.at(-1)) : ""));

  function words(bucket) {
    return `${exact(toMs(bucket.at)).slice(0, 16)}: ${series.map(({ name, value }) => `${name.toLowerCase()} ${format(value(bucket))}`).join(", ")}`;
  }

  return {
    node,
    update({ buckets }) {
      shown = buckets;
      const stacked = series.filter(({ kind }) => kind === "bar");
      const top = roundUp(Math.max(...buckets.map((bucket) => Math.max(
        stacked.reduce((sum, { value }) => sum + (value(bucket) ?? 0), 0),
        ...series.filter(({ kind }) => kind === "line").map(({ value }) => value(bucket) ?? 0)))));
      setText(highest, format(top));
      setText(from, exact(toMs(buckets[0].at)).slice(0, 16));
      setText(readout, words(buckets.at(-1)));
      drawing.replaceChildren(...grid(), ...bars(stacked, buckets, top), ...series.filter(({ kind }) => kind === "line").flatMap((one) => line(one, buckets, top)));
      setAttr(body, "data-rows", buckets.length);
      setChildren(body, buckets.slice(-12).map((bucket) => h("tr", {}, h("th", { scope: "row" }, exact(toMs(bucket.at))), ...series.map(({ value }) => h("td", {}, format(value(bucket)))))));
    },
  };
}

function grid() {
  return [TOP, (TOP + FLOOR) / 2, FLOOR].map((y) => svg("line", { x1: 0, x2: WIDTH, y1: y, y2: y, class: "grid-line" }));
}

const heightOf = (value, top) => ((value ?? 0) / top) * (FLOOR - TOP);

function bars(stacked, buckets, top) {
  const width = WIDTH / buckets.length;
  return buckets.flatMap((bucket, at) => {
    let y = FLOOR;
    return stacked.map(({ tone, value }) => {
      const height = heightOf(value(bucket), top);
      y -= height;
      return height ? svg("rect", { x: at * width + width * 0.12, y, width: width * 0.76, height, "data-tone": tone }) : null;
    }).filter(Boolean);
  });
}

function line({ tone, value }, buckets, top) {
  const width = WIDTH / buckets.length;
  const points = buckets.map((bucket, at) => (value(bucket) === null ? null : [at * width + width / 2, FLOOR - heightOf(value(bucket), top)]));
  const runs = [];
  points.forEach((point, at) => {
    if (!point) return;
    if (!points[at - 1]) runs.push([]);
    runs.at(-1).push(point.map((number) => number.toFixed(1)).join(" "));
  });
  return runs.map((run) => (run.length === 1
    ? svg("circle", { cx: run[0].split(" ")[0], cy: run[0].split(" ")[1], r: 2.5, "data-tone": tone, class: "chart-dot" })
    : svg("path", { d: `M${run.join("L")}`, "data-tone": tone, class: "chart-line" })));
}

export const throughputChart = () => chart({
  title: "Throughput",
  format: (value) => int(Math.round(value ?? 0)),
  series: [
    { name: "Completed", kind: "bar", tone: "completed", value: (bucket) => bucket.completed },
    { name: "Failed", kind: "bar", tone: "failed", value: (bucket) => bucket.failed },
    { name: "Cancelled", kind: "bar", tone: "cancelled", value: (bucket) => bucket.cancelled },
  ],
});

export const latencyChart = () => chart({
  title: "Time to a finished PDF",
  format: (value) => (value === null ? "–" : duration(value)),
  series: [
    { name: "p95", kind: "line", tone: "delayed", value: (bucket) => bucket.p95TotalMs },
    { name: "Median", kind: "line", tone: "active", value: (bucket) => bucket.p50TotalMs },
  ],
});
