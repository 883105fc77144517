// Makes elements. Text only ever becomes a text node, so nothing that came from a server can become markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Attributes whose value is `null`, `undefined` or `false` are left out, functions are listeners
 * (`onclick`).
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | number | null | undefined | false | unknown[])} children
 */
export const h = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

/** The same, in SVG. */
export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...present(children));
  return element;
}

/** Puts `children` in the place of what `element` holds. */
export const fill = (element, ...children) => element.replaceChildren(...present(children));

function present(children) {
  const nodes = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return nodes.map((child) => (child instanceof Node ? child : String(child)));
}
