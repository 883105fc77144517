// A button that copies a text, and says that it did.

import { h } from "./dom.js";

const SAID_FOR = 2000;

/** `what` names the text, for those who hear the button alone unless `isShown`. */
export function copyButton(text, what, isShown = false) {
  const label = h("span", {}, "Copy");
  const button = h(
    "button",
    { type: "button", class: "quiet", onclick: copy },
    label,
    h("span", { class: !isShown && "sr-only" }, what),
  );
  const said = h("span", { class: "sr-only", role: "status" });
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = "Copied";
      said.textContent = `${what} copied`;
    } catch {
      // No clipboard without a secure context or a permission: whoever reads can still select it.
      label.textContent = "Select and copy it";
      said.textContent = "The browser does not allow copying. Select the text and copy it.";
    }
    setTimeout(() => {
      label.textContent = "Copy";
      said.textContent = "";
    }, SAID_FOR);
  }
  return h("span", {}, button, said);
}
