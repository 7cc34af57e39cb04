// The sales report by a Chromium that is launched for the job, as the stack does that Pressroom is a port of.
import fs from "node:fs/promises";
import puppeteer from "puppeteer-core";
import { columns, metrics, rows, text, totals } from "./format.js";

const escaped = (value) => String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const tagged = (tag) => (value) => `<${tag}>${escaped(value)}</${tag}>`;
const tr = (cells) => `<tr>${cells.map(tagged("td")).join("")}</tr>`;

function bars(title, points) {
  const highest = Math.max(...points.map((point) => point.value));
  const bar = ({ label, value }) =>
    `<div>${escaped(label)} <span style="display:inline-block;background:#2f6fb5;height:10px;` +
    `width:${(300 * value) / highest}px"></span> ${text(value)}</div>`;
  return `<h2>${title}</h2>${points.map(bar).join("")}`;
}

export async function render({ title, data }, target) {
  const html = `<!doctype html><meta charset="utf-8"><style>body{font:12px sans-serif}table{width:100%;
    border-collapse:collapse}td{border-bottom:1px solid #ccc}td:nth-child(n+4){text-align:right}</style>
    <h1>${escaped(title)}</h1><p>${escaped(data.period)}</p><p>${escaped(data.summary)}</p>
    ${metrics(data).map((pair) => `<p>${pair.map(escaped).join(": ")}</p>`).join("")}
    ${bars("By month", data.byMonth)}${bars("By region", data.byRegion)}
    <table><thead>${tr(columns)}</thead>${rows(data).map(tr).join("")}${tr(totals(data))}</table>
    <p>${escaped(data.notes)}</p>`;
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM, pipe: true, args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await browser.newPage();
    await page.setContent(html);
    await fs.writeFile(target, await page.pdf({ format: "A4", printBackground: true }));
  } finally {
    await browser.close();
  }
}
