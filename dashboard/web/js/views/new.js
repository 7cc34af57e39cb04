// A new report: a form made from the type's own schema, filled with its example.

import { call, jobPage } from "../api.js";
import { h, setAttr, setChildren, setText, show } from "../dom.js";
import { toast } from "../dialogs.js";
import { count, int } from "../format.js";
import { csvField } from "../parts/csv.js";
import { failure, skeleton } from "../parts/placeholder.js";
import { dataForm } from "../parts/schemaform.js";
import { navigate } from "../router.js";
import { may } from "../session.js";

export function mount(root, params) {
  document.title = "New report · Pressroom";
  const content = h("div", {}, h("section", { class: "panel" }, skeleton(8)));
  root.append(h("div", { class: "page-head" }, h("h1", {}, "New report")), content);
  let alive = true;
  async function load() {
    try {
      const { types } = await call("GET", "/api/reports/types");
      if (alive) setChildren(content, [composer(types, params.query.get("type"))]);
    } catch (error) {
      if (!alive) return;
      setChildren(content, [h("section", { class: "panel" }, failure(error))]);
      setTimeout(() => alive && load(), 3000);
    }
  }
  load();
  return { update: () => {}, unmount: () => { alive = false; } };
}

function composer(types, wanted) {
  let kind = types.find(({ name }) => name === wanted) ?? types[0];
  let form = null;
  let csv = null;
  const box = h("div", {});
  const choices = types.map((type) => {
    const input = h("input", { type: "radio", name: "reportType", value: type.name, checked: type === kind, onchange: () => choose(type) });
    return h("label", { class: "type-choice" }, input, h("span", {}, h("strong", {}, type.title), h("span", { class: "muted small" }, type.description)));
  });
  const title = h("input", { type: "text", maxlength: 200, placeholder: "The type’s own" });
  const tenant = h("input", { type: "text", maxlength: 64, placeholder: "None" });
  const priority = h("select", {}, ...Array.from({ length: 10 }, (_, at) => h("option", { value: at, selected: at === 5 }, at === 0 ? "0, first" : at === 5 ? "5, usual" : at === 9 ? "9, last" : String(at))));
  const runAt = h("input", { type: "datetime-local" });
  const problems = h("ul", { class: "problems", role: "alert", hidden: true });
  const submit = h("button", { class: "button button-primary", type: "submit" }, "Make the report");
  const node = h("form", { class: "new-columns", onsubmit: send },
    h("fieldset", { class: "panel type-list" }, h("legend", { class: "visually-hidden" }, "Type"), ...choices),
    h("div", { class: "stack" },
      box,
      h("section", { class: "panel", "aria-label": "Options" },
        h("div", { class: "panel-head" }, h("h2", {}, "Options")),
        h("div", { class: "panel-body filter-grid" }, field("Title", title), field("Tenant", tenant), field("Priority", priority), field("Not before", runAt))),
      problems,
      h("div", { class: "button-row new-actions" }, submit),
    ),
  );

  function choose(type) {
    kind = type;
    form = dataForm(type);
    csv = type.schema.properties?.rows ? csvField((dataset) => form.useDataset(dataset)) : null;
    show(problems, false);
    setChildren(box, [h("div", { class: "stack" }, csv?.node ?? "", form.node)]);
    const query = new URLSearchParams({ type: type.name });
    history.replaceState(history.state, "", `/new?${query}`);
  }

  async function send(event) {
    event.preventDefault();
    show(problems, false);
    const read = form.read();
    if (read.errors.length) {
      refuse(read.errors);
      return;
    }
    const body = { reportType: kind.name, data: read.data };
    if (title.value.trim()) body.title = title.value.trim();
    if (tenant.value.trim()) body.tenant = tenant.value.trim();
    if (priority.value !== "5") body.priority = Number(priority.value);
    if (runAt.value) body.runAt = new Date(runAt.value).toISOString();
    setAttr(submit, "disabled", true);
    try {
      const { data } = await call("POST", "/api/reports", body);
      toast("The report is on its way");
      navigate(jobPage(data.jobId));
    } catch (error) {
      refuse(error.errors.length ? error.errors : [{ path: "", message: error.message }]);
    } finally {
      setAttr(submit, "disabled", !may("operator"));
    }
  }

  function refuse(errors) {
    const lines = errors.slice(0, 20).map(({ path, message }) => h("li", {}, path && h("code", {}, path), path && " ", message));
    if (errors.length > 20) lines.push(h("li", {}, `and ${int(errors.length - 20)} more`));
    setChildren(problems, [h("li", { class: "problems-head" }, `${count(errors.length, "thing")} to put right`), ...lines]);
    show(problems, true);
    form.mark(errors);
    problems.scrollIntoView({ block: "nearest" });
  }

  if (!may("operator")) {
    setAttr(submit, "disabled", true);
    setText(submit, "Your key may only read");
  }
  choose(kind);
  return node;
}

function field(text, input) {
  return h("label", { class: "field" }, h("span", {}, text), input);
}
