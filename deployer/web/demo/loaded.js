// What a view asks for as it opens: said while it is waited for, shown when it is there, explained when it fails.

import { fill, h } from "../shared/dom.js";
import { explain } from "./errors.js";
import { message } from "./form.js";

/** An element that shows `show(await load())`, and a button to ask again. */
export function loaded(context, label, load, show) {
  const result = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "button", class: "quiet", onclick: ask }, "Ask again");
  async function ask() {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    result.setAttribute("aria-busy", "true");
    if (!result.hasChildNodes()) fill(result, h("p", { class: "soft" }, `${label} …`));
    try {
      fill(result, show(await load()));
    } catch (error) {
      fill(
        result,
        message(
          explain(error, { address: context.address(), origin: location.origin }),
          error.fields ?? [],
          context,
          {},
        ),
      );
    }
    result.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
  ask();
  return h("div", { class: "stack" }, result, h("div", {}, button));
}
