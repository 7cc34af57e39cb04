// Rows from a CSV file: a preview of its beginning, and the upload.

import { call } from "../api.js";
import { h, setChildren, setText, show } from "../dom.js";
import { bytes, count } from "../format.js";

const PREVIEW_BYTES = 64 * 1024;
const PREVIEW_ROWS = 8;
const PREVIEW_COLUMNS = 12;
const UPLOAD_MS = 600000;

/** @param use told the dataset once it is uploaded, or null when the file is put aside */
export function csvField(use) {
  const file = h("input", { type: "file", accept: ".csv,.tsv,.ndjson,.jsonl,.json,text/csv", onchange: choose });
  const note = h("p", { class: "muted small", "aria-live": "polite" }, "CSV, NDJSON or a JSON array of rows. Nothing leaves this machine but to the producer.");
  const preview = h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Beginning of the file", hidden: true });
  const upload = h("button", { class: "button", type: "button", hidden: true, onclick: send }, "Upload as the rows");
  const aside = h("button", { class: "button button-quiet", type: "button", hidden: true, onclick: putAside }, "Use the rows below instead");
  const node = h("section", { class: "panel", "aria-label": "Rows from a file" },
    h("div", { class: "panel-head" }, h("h2", {}, "Rows from a file"), h("span", { class: "muted small" }, "instead of typing them")),
    h("div", { class: "panel-body stack" }, h("label", { class: "field" }, h("span", {}, "File"), file), preview, note, h("div", { class: "button-row" }, upload, aside)));

  let rows = [];

  async function choose() {
    const chosen = file.files[0];
    letGo(); // of what was uploaded before: the report is not to have rows that the form no longer shows
    show(upload, Boolean(chosen));
    show(preview, false);
    if (!chosen) return;
    const text = await chosen.slice(0, PREVIEW_BYTES).text();
    const isCsv = !/^\s*[[{]/.test(text);
    rows = isCsv ? parseCsv(text, PREVIEW_ROWS + 1) : [];
    if (rows.length) setChildren(preview, [table(rows)]);
    show(preview, rows.length > 0);
    setText(note, `${chosen.name}, ${bytes(chosen.size)}${isCsv ? `, ${count(rows[0]?.length ?? 0, "column")}` : ""}. Look at the beginning, then upload it.`);
  }

  async function send() {
    const chosen = file.files[0];
    upload.disabled = true;
    setText(note, `Uploading ${bytes(chosen.size)}…`);
    try {
      const dataset = await call("POST", `/api/datasets?${new URLSearchParams({ fileName: chosen.name })}`, chosen, UPLOAD_MS);
      setText(note, `Uploaded: ${count(dataset.rows, "row")}, ${count(dataset.columns.length, "column")}.`);
      if (rows.length) setChildren(preview, [table(rows, dataset.columns)]);
      show(upload, false);
      show(aside, true);
      use(dataset);
    } catch (error) {
      const missing = error.status === 404 ? "This producer takes no files yet." : error.errors?.map(({ path, message }) => `${path}: ${message}`).join("; ");
      setText(note, `Not uploaded: ${missing || error.message}`);
    } finally {
      upload.disabled = false;
    }
  }

  function putAside() {
    file.value = "";
    letGo();
    show(preview, false);
    setText(note, "The rows below are used.");
  }

  function letGo() {
    if (aside.hidden) return;
    show(aside, false);
    use(null);
  }

  return { node };
}

/** @param columns with their types, once these are known */
function table(rows, columns = []) {
  const [head, ...body] = rows.map((row) => row.slice(0, PREVIEW_COLUMNS));
  return h("table", { class: "table preview-table" },
    h("caption", { class: "visually-hidden" }, "Beginning of the file"),
    h("thead", {}, h("tr", {}, ...head.map((text, at) => h("th", { scope: "col" }, text, columns[at] && h("span", { class: "column-type" }, columns[at].type))))),
    h("tbody", {}, ...body.map((row) => h("tr", {}, ...row.map((text) => h("td", {}, text))))));
}

/** The first rows of a CSV text (RFC 4180), with comma, semicolon or tab. */
export function parseCsv(text, most) {
  const firstLine = text.slice(0, text.indexOf("\n") < 0 ? undefined : text.indexOf("\n"));
  const separator = [",", ";", "\t"].reduce((best, sign) => (firstLine.split(sign).length > firstLine.split(best).length ? sign : best));
  const rows = [];
  let row = [];
  let value = "";
  let quoted = false;
  const source = text.replace(/^\uFEFF/, "");
  for (let at = 0; at < source.length && rows.length < most; at += 1) {
    const sign = source[at];
    if (quoted) {
      if (sign !== '"') value += sign;
      else if (source[at + 1] === '"') {
        value += '"';
        at += 1;
      } else quoted = false;
    } else if (sign === '"' && value === "") quoted = true;
    else if (sign === separator || sign === "\n") {
      row.push(value.replace(/\r$/, ""));
      value = "";
      if (sign === "\n") {
        rows.push(row);
        row = [];
      }
    } else value += sign;
  }
  if (rows.length < most && (value || row.length)) rows.push([...row, value]);
  return rows;
}
