// A form made from a JSON Schema: a field for each plain value, JSON for lists and objects, filled with an example.

import { h, setAttr, setChildren, setText, show } from "../dom.js";
import { capital } from "../states.js";

/** @returns `{node, read(): {data, errors}, mark(errors), useDataset(dataset|null)}` */
export function dataForm({ schema, example }) {
  const names = Object.keys(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  const first = names.filter((name) => required.has(name) || name in example);
  const rest = names.filter((name) => !first.includes(name) && name !== "dataset");
  const fields = new Map([...first, ...rest].map((name) => [name, fieldFor(name, schema, example[name], required.has(name))]));
  const raw = h("textarea", { class: "code-input", rows: 24, spellcheck: "false", "aria-label": "Data as JSON" });
  const asJson = h("button", { class: "button button-quiet", type: "button", onclick: toggle }, "Edit as JSON");
  const used = h("p", { class: "dataset-note", hidden: true });
  const grid = h("div", { class: "data-grid" }, ...first.map((name) => fields.get(name).node));
  const more = h("details", { class: "more-fields" }, h("summary", {}, `${rest.length} more fields`), h("div", { class: "data-grid" }, ...rest.map((name) => fields.get(name).node)));
  const formBox = h("div", { class: "stack" }, used, grid, rest.length ? more : "");
  const body = h("div", { class: "panel-body" }, formBox);
  const node = h("section", { class: "panel", "aria-label": "Data" },
    h("div", { class: "panel-head" }, h("h2", {}, "Data"), asJson), body);
  let isRaw = false;
  let dataset = null;

  function toggle() {
    if (!isRaw) {
      const { data, errors } = read();
      if (errors.length) {
        mark(errors);
        return;
      }
      raw.value = JSON.stringify(data, null, 2);
    } else if (!readRaw().errors.length) {
      const { data } = readRaw();
      for (const [name, field] of fields) field.set(data[name]);
    }
    isRaw = !isRaw;
    setText(asJson, isRaw ? "Edit as a form" : "Edit as JSON");
    setChildren(body, [isRaw ? raw : formBox]);
  }

  function readRaw() {
    try {
      return { data: JSON.parse(raw.value), errors: [] };
    } catch (error) {
      return { data: null, errors: [{ path: "data", message: `is not JSON: ${error.message}` }] };
    }
  }

  function read() {
    if (isRaw) return readRaw();
    const data = {};
    const errors = [];
    for (const [name, field] of fields) {
      if (dataset && name === "rows") continue;
      const { value, error } = field.read();
      if (error) errors.push({ path: `data.${name}`, message: error });
      else if (value !== undefined) data[name] = value;
    }
    if (dataset) {
      data.dataset = dataset.datasetId;
      delete data.columns;
    }
    return { data, errors };
  }

  function mark(errors) {
    for (const [name, field] of fields) field.mark(errors.find(({ path }) => path === `data.${name}` || path.startsWith(`data.${name}.`)));
  }

  return {
    node,
    read,
    mark,
    useDataset(next) {
      dataset = next;
      show(used, Boolean(next));
      for (const name of ["rows", "columns"]) if (fields.has(name)) show(fields.get(name).node, !next);
      if (next) setText(used, `The rows come from ${next.fileName}, dataset ${next.datasetId}.`);
    },
  };
}

function resolved(part, schema) {
  const target = part?.$ref ? schema.$defs?.[part.$ref.split("/").at(-1)] ?? {} : part ?? {};
  const options = target.anyOf?.filter((option) => option.type !== "null") ?? [];
  return options.length === 1 ? { ...target, ...resolved(options[0], schema) } : target;
}

function fieldFor(name, schema, example, isRequired) {
  const part = resolved(schema.properties[name], schema);
  const kinds = [part.type ?? []].flat();
  const deep = (example !== undefined && example !== null && typeof example === "object") || kinds.includes("array") || kinds.includes("object") || (!kinds.length && !part.enum);
  const label = capital(name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase());
  const problem = h("span", { class: "field-problem", hidden: true });
  const input = inputFor(part, kinds, deep, example);
  const hint = part.description ?? (deep ? "JSON" : null);
  const node = h("label", { class: `field${deep || input.tagName === "TEXTAREA" ? " field-wide" : ""}` },
    h("span", {}, label, isRequired && h("span", { class: "needed" }, " needed")), input, hint && h("span", { class: "muted small" }, hint), problem);

  function read() {
    if (input.type === "checkbox") return { value: input.checked };
    const text = input.value;
    if (deep) {
      if (!text.trim()) return isRequired ? { error: "is missing" } : {};
      try {
        return { value: JSON.parse(text) };
      } catch (error) {
        return { error: `is not JSON: ${error.message}` };
      }
    }
    if (text === "") return isRequired ? { value: "" } : {};
    const isNumber = kinds.includes("number") || kinds.includes("integer");
    return { value: isNumber && (typeof example !== "string") && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text };
  }

  function set(value) {
    if (input.type === "checkbox") input.checked = Boolean(value);
    else input.value = value === undefined || value === null ? "" : deep ? JSON.stringify(value, null, 2) : String(value);
  }

  set(example ?? (input.type === "checkbox" ? part.default : undefined));
  return {
    node,
    read,
    set,
    mark(error) {
      show(problem, Boolean(error));
      setText(problem, error?.message ?? "");
      setAttr(input, "aria-invalid", error ? "true" : null);
    },
  };
}

function inputFor(part, kinds, deep, example) {
  if (deep) {
    const lines = example === undefined ? 3 : JSON.stringify(example, null, 2).split("\n").length;
    return h("textarea", { class: "code-input", rows: Math.min(14, Math.max(3, lines)), spellcheck: "false" });
  }
  if (part.enum) return h("select", {}, h("option", { value: "" }, "–"), ...part.enum.map((value) => h("option", { value }, value)));
  if (kinds.includes("boolean")) return h("input", { type: "checkbox" });
  if (typeof example === "string" && (example.length > 60 || example.includes("\n"))) return h("textarea", { rows: 3 });
  return h("input", { type: "text", inputmode: kinds[0] === "number" ? "decimal" : null });
}
