// The only code that makes or changes elements. Text goes in as text nodes, never as markup.

/** Makes an element: `h("a", {href: "/"}, "text", child)`; falsy children are left out. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setProp(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2).toLowerCase(), value);
  else setAttr(node, name === "class" ? "class" : name, value);
}

/** Sets, or with null/false removes, an attribute; touches the page only when it differs. */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Replaces the text of an element when it differs. */
export function setText(node, text) {
  const next = String(text ?? "");
  if (node.textContent !== next) node.textContent = next;
}

/** Shows or hides without a layout change when nothing differs. */
export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/** Replaces the children only when they are not the same nodes already. */
export function setChildren(node, children) {
  const next = children.filter(Boolean);
  const same = node.childNodes.length === next.length && next.every((child, at) => node.childNodes[at] === child);
  if (!same) node.replaceChildren(...next);
}

/**
 * Keeps a list of elements in step with a list of items: nodes are kept by key, updated in place,
 * moved only when their order changes.
 * @param create makes `{node, update(item)}` for a new item
 */
export function keyedList(container, keyOf, create) {
  let parts = new Map();
  return function update(items) {
    const next = new Map();
    for (const item of items) {
      const key = keyOf(item);
      const part = parts.get(key) ?? create(item);
      part.update(item);
      next.set(key, part);
    }
    for (const [key, part] of parts) if (!next.has(key)) part.node.remove();
    let at = 0;
    for (const part of next.values()) {
      const present = container.children[at];
      if (present !== part.node) container.insertBefore(part.node, present ?? null);
      at += 1;
    }
    parts = next;
  };
}

/** A drawing from path data, hidden from assistive technology. */
export function icon(className, ...paths) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  for (const data of paths) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", data);
    svg.append(path);
  }
  return svg;
}
