// The reference of both APIs, from their own OpenAPI descriptions.

import { call } from "../api.js";
import { copy } from "../dialogs.js";
import { h, setAttr, setChildren } from "../dom.js";
import { failure, skeleton } from "../parts/placeholder.js";

const APIS = [["dashboard", "Dashboard", "/openapi.json"], ["producer", "Producer", "/api/openapi/producer"]];

export function mount(root, params) {
  document.title = "API reference · Pressroom";
  const tabs = h("nav", { class: "filters", "aria-label": "API" });
  const content = h("div", {});
  root.append(h("div", { class: "page-head" }, h("h1", {}, "API reference"), h("p", { class: "muted" }, "Errors are RFC 9457 problem documents.")), tabs, content);
  let shown = null;

  async function update({ query }) {
    const [key, title, path] = APIS.find(([name]) => name === query.get("api")) ?? APIS[0];
    setChildren(tabs, APIS.map(([name, text]) => h("a", { href: `/docs?api=${name}`, "aria-current": name === key ? "true" : null }, text)));
    if (shown === key) return;
    shown = key;
    setChildren(content, [h("section", { class: "panel" }, skeleton(8))]);
    try {
      const description = await call("GET", path);
      if (shown === key) setChildren(content, [reference(description, title)]);
    } catch (error) {
      shown = null;
      setChildren(content, [h("section", { class: "panel" }, failure(error))]);
    }
  }

  update(params);
  return { update };
}

function reference(api, title) {
  const calls = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, call_]) => ({ path, method, ...call_ })));
  const groups = Map.groupBy ? Map.groupBy(calls, tagOf) : grouped(calls);
  return h("div", { class: "stack" },
    h("p", { class: "muted small" }, `${title} ${api.info.version}, ${calls.length} calls. `, h("a", { href: title === "Producer" ? "/api/openapi/producer" : "/openapi.json", target: "_blank", rel: "noopener" }, "OpenAPI as JSON")),
    ...[...groups].map(([tag, list]) => h("section", { class: "panel", "aria-label": tag }, h("div", { class: "panel-head" }, h("h2", { class: "capital" }, tag)), h("div", {}, ...list.map((one) => callEntry(one, api))))));
}

const tagOf = ({ tags }) => tags?.[0] ?? "other";

function grouped(calls) {
  const groups = new Map();
  for (const one of calls) groups.set(tagOf(one), [...(groups.get(tagOf(one)) ?? []), one]);
  return groups;
}

function callEntry(one, api) {
  const body = h("div", { class: "api-body stack" });
  const entry = h("details", { class: "api-call" },
    h("summary", {}, h("span", { class: "method", "data-method": one.method }, one.method.toUpperCase()), h("code", {}, one.path), h("span", { class: "muted small" }, one.summary ?? "")),
    body);
  entry.addEventListener("toggle", () => {
    if (entry.open && !body.childNodes.length) setChildren(body, callBody(one, api));
  });
  return entry;
}

function callBody(one, api) {
  const curl = `curl -X ${one.method.toUpperCase()} ${location.origin}${one.path}`;
  return [
    one.description && h("p", {}, one.description),
    one.parameters?.length && parameterTable(one.parameters),
    one.requestBody && block("Body", Object.values(one.requestBody.content)[0], api),
    ...Object.entries(one.responses ?? {}).map(([status, answer]) => {
      const media = Object.entries(answer.content ?? {})[0];
      return block(`${status} ${answer.description ?? ""}`, media?.[1], api);
    }),
    h("div", {}, h("button", { class: "button button-quiet", type: "button", onclick: () => copy(curl, "Command") }, "Copy as curl")),
  ];
}

function parameterTable(parameters) {
  return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Parameters" }, h("table", { class: "table plain" },
    h("thead", {}, h("tr", {}, ...["Name", "In", "Type", "Meaning"].map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, ...parameters.map((one) => h("tr", {}, h("td", {}, h("code", {}, one.name), one.required && h("span", { class: "needed" }, " needed")), h("td", {}, one.in), h("td", {}, typeOf(one.schema)), h("td", {}, one.description ?? one.schema?.description ?? ""))))));
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  return [schema.type ?? "any"].flat().join(" or ");
}

function block(title, media, api) {
  const example = media?.example ?? (media?.examples ? Object.values(media.examples)[0]?.value : undefined) ?? (media?.schema ? sample(media.schema, api, 0) : undefined);
  const text = example === undefined ? null : typeof example === "string" ? example : JSON.stringify(example, null, 2);
  return h("div", {}, h("h3", { class: "small" }, title), text && h("pre", { class: "code-block", tabindex: "0", "aria-label": `Example: ${title}` }, text));
}

/** An example that fits a schema, from its own examples and types. */
function sample(schema, api, depth) {
  const target = schema.$ref ? schema.$ref.split("/").slice(1).reduce((node, key) => node?.[key], api) ?? {} : schema;
  if (target.examples?.length) return target.examples[0];
  if (target.default !== undefined && target.default !== null) return target.default;
  if (target.const !== undefined) return target.const;
  if (target.enum) return target.enum[0];
  const option = target.anyOf?.find(({ type }) => type !== "null") ?? target.oneOf?.[0] ?? target.allOf?.[0];
  if (option) return sample(option, api, depth);
  const type = [target.type ?? "object"].flat()[0];
  if (type === "array") return depth > 5 ? [] : [sample(target.items ?? {}, api, depth + 1)];
  if (type === "object") return depth > 5 ? {} : Object.fromEntries(Object.entries(target.properties ?? {}).map(([name, part]) => [name, sample(part, api, depth + 1)]));
  return { string: "text", integer: 1, number: 1.5, boolean: true, null: null }[type] ?? null;
}
