// The filters of the jobs screen beside the state: text, type, tenant, worker, time, order.

import { h, setAttr, show } from "../dom.js";

/** Every filter that the address of the jobs screen may hold. */
export const FILTERS = ["state", "reportType", "tenant", "workerId", "q", "from", "to", "sort"];
const TYPES = ["sales", "inventory", "performance", "test", "table", "invoice", "document"];
const SORTS = [["", "Usual order"], ["-createdAt", "Newest first"], ["createdAt", "Oldest first"], ["-finishedAt", "Finished last first"], ["finishedAt", "Finished first first"]];
const TYPING_MS = 350;

/** @param apply told the filters whenever they change */
export function filterPanel(apply) {
  let state = null;
  let typing = 0;
  const search = h("input", { id: "search", type: "search", placeholder: "Search id, title, data, error", "aria-label": "Search id, title, data, error", autocomplete: "off", spellcheck: "false", maxlength: 200 });
  const type = h("select", {}, ...["", ...TYPES].map((name) => h("option", { value: name }, name || "Any type")));
  const tenant = h("input", { type: "text", maxlength: 64, placeholder: "Any" });
  const worker = h("input", { type: "text", maxlength: 128, placeholder: "Any" });
  const from = h("input", { type: "datetime-local" });
  const to = h("input", { type: "datetime-local" });
  const sort = h("select", {}, ...SORTS.map(([value, text]) => h("option", { value }, text)));
  const clear = h("button", { class: "button button-quiet", type: "button", onclick: () => apply(state ? { state } : {}) }, "Clear filters");
  const more = h("details", { class: "more-filters" }, h("summary", { class: "button" }, "Filters"),
    h("div", { class: "filter-grid" }, labelled("Type", type), labelled("Tenant", tenant), labelled("Worker", worker), labelled("From", from), labelled("To", to), labelled("Order", sort)));
  const node = h("form", { class: "search-form", role: "search", onsubmit: submit }, search, clear, more);

  function submit(event) {
    event?.preventDefault();
    clearTimeout(typing);
    apply({ state, q: search.value.trim(), reportType: type.value, tenant: tenant.value.trim(), workerId: worker.value.trim(), from: toIso(from.value), to: toIso(to.value), sort: sort.value });
  }

  for (const field of [type, tenant, worker, from, to, sort]) field.addEventListener("change", () => submit());
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(submit, TYPING_MS);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    search.value = "";
    submit();
    search.blur();
  });

  return {
    node,
    show(wanted) {
      state = wanted.state ?? null;
      if (document.activeElement !== search) search.value = wanted.q ?? "";
      type.value = wanted.reportType ?? "";
      tenant.value = wanted.tenant ?? "";
      worker.value = wanted.workerId ?? "";
      from.value = toLocal(wanted.from);
      to.value = toLocal(wanted.to);
      sort.value = wanted.sort ?? "";
      const { q, state: _, ...rest } = wanted;
      const active = Object.keys(rest).length;
      more.querySelector("summary").textContent = active ? `Filters (${active})` : "Filters";
      setAttr(more, "data-active", active > 0);
      show(clear, active > 0 || Boolean(q));
    },
  };
}

function labelled(text, field) {
  return h("label", { class: "field" }, h("span", {}, text), field);
}

const toIso = (local) => (local ? new Date(local).toISOString() : "");

function toLocal(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
