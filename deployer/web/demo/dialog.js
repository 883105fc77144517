// A question before something that can't be undone.

import { h } from "../shared/dom.js";

/** Asks, and answers whether to go on. The browser keeps the focus inside and gives it back; Escape is no. */
export function confirmed({ title, text, action }) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title", class: "card" },
    h(
      "form",
      { method: "dialog", class: "stack" },
      h("h2", { id: "dialog-title" }, title),
      h("p", {}, text),
      h(
        "div",
        { class: "row" },
        h("button", { value: "no", autofocus: true }, "Keep it"),
        h("button", { value: "yes", class: "danger" }, action),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
  });
}
