// Real paths, one page: links inside the dashboard change the screen without a reload.

let routes = [];
let outlet = null;
let current = { key: null, instance: null };

/** @param table list of `{pattern: RegExp, key(match) , mount(root, params)}`; params = {match, query} */
export function start(root, table) {
  routes = table;
  outlet = root;
  document.addEventListener("click", followLink);
  window.addEventListener("popstate", () => render(false));
  render(false);
}

/** Goes to a path of the dashboard. */
export function navigate(path, { replace = false, state = null } = {}) {
  history[replace ? "replaceState" : "pushState"](state, "", path);
  render(true);
}

function followLink(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[href]");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.hash && link.pathname === location.pathname) return;
  if (!routes.some((route) => route.pattern.test(link.pathname))) return;
  event.preventDefault();
  if (link.href !== location.href) navigate(link.pathname + link.search);
}

function render(moved) {
  const route = routes.find((candidate) => candidate.pattern.test(location.pathname)) ?? routes.at(-1);
  const match = route.pattern.exec(location.pathname) ?? [];
  const params = { match, query: new URLSearchParams(location.search) };
  const key = route.key(match);
  if (current.key === key && current.instance.update) {
    current.instance.update(params);
    return;
  }
  current.instance?.unmount?.();
  outlet.replaceChildren();
  current = { key, instance: route.mount(outlet, params) };
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === route.nav) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (moved) {
    window.scrollTo(0, 0);
    outlet.focus({ preventScroll: true });
  }
}
