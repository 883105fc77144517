// Which API the page talks to: shown, and changed for this tab.

import { fill, h } from "../shared/dom.js";
import { apiAddress, useAddress } from "./config.js";
import { field } from "./form.js";

/** Fills `element`, a `<details>`; calls `changed` when another address was taken. */
export function connection(element, config, changed) {
  const shown = h("span", { class: "mono" });
  const address = field("api", "Address of the API", {
    type: "url",
    inputmode: "url",
    autocomplete: "off",
    hint: "What comes before /v1. Kept until this tab is closed. The API must allow this page's origin (api.cors_origins).",
  });
  const update = () => {
    address.input.value = apiAddress(config);
    fill(shown, apiAddress(config));
  };
  const take = (text) => {
    try {
      useAddress(text);
    } catch (error) {
      address.complain(error.message);
      address.input.focus();
      return;
    }
    address.complain("");
    update();
    element.open = false;
    changed();
  };
  update();
  const submit = (event) => {
    event.preventDefault();
    take(address.input.value);
  };
  fill(
    element,
    h("summary", {}, h("span", { class: "soft" }, "API"), shown, h("span", { class: "change" }, "Change")),
    h(
      "form",
      { class: "stack", novalidate: true, onsubmit: submit },
      address.row,
      h(
        "div",
        { class: "row" },
        h("button", { type: "submit" }, "Use this address"),
        h("button", { type: "button", class: "quiet", onclick: () => take(null) }, "Back to the default"),
      ),
    ),
  );
}
