// "What just happened": the requests of this page and their replies, secrets shortened.

import { copyButton } from "../shared/copy.js";
import { fill, h } from "../shared/dom.js";
import { clock } from "../shared/time.js";

const KEPT = 30;
const SECRETS = /^(.*password|otp|otp_code|.*_token|.*session|qr_code_secret|otpauth_uri|verification_code)$/;
/** Of a longer secret, this much is shown to tell one from another. */
const SHOWN = 8;

const shortened = (value) => (value.length > 40 ? `${value.slice(0, SHOWN)}… (${value.length} characters)` : "••••••");

/** `value` as JSON to look at. In a request, `code` is a mailed code; in a reply, an error's. */
function shown(value, isRequest) {
  const hide = (name, inner) => {
    const isSecret = typeof inner === "string" && (SECRETS.test(name) || (isRequest && name === "code"));
    return isSecret ? shortened(inner) : inner;
  };
  return JSON.stringify(value, hide, 2);
}

/** The request for a shell, with its secrets: they are the reader's own. */
function curl({ method, url, body, token }) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = [`curl -X ${method} ${quoted(url)}`];
  if (token) parts.push(`-H ${quoted(`Authorization: Bearer ${token}`)}`);
  if (body) parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`);
  return parts.join(" \\\n  ");
}

/** Keeps `list` and `empty` showing the newest exchanges; returns what takes a new one. */
export function exchanges(list, empty, clear) {
  clear.addEventListener("click", () => {
    fill(list);
    empty.hidden = false;
    clear.hidden = true;
  });
  return (exchange) => {
    empty.hidden = true;
    clear.hidden = false;
    // The newest is open; what was opened by hand stays.
    list.querySelector("details[data-newest]")?.removeAttribute("open");
    list.querySelectorAll("[data-newest]").forEach((older) => older.removeAttribute("data-newest"));
    list.prepend(item(exchange));
    while (list.children.length > KEPT) list.lastElementChild.remove();
  };
}

function item(exchange) {
  const { method, path, status, milliseconds, body, token, reply, at } = exchange;
  const look = !status || status >= 500 ? "bad" : status >= 400 ? "careful" : "good";
  const request = [token && `Authorization: Bearer ${shortened(token)}`, body && shown(body, true)]
    .filter(Boolean)
    .join("\n\n");
  return h(
    "li",
    {},
    h(
      "details",
      { open: true, "data-newest": true },
      h(
        "summary",
        {},
        h("span", { class: `chip ${look}` }, status ?? "no reply"),
        h("span", { class: "mono call" }, h("b", {}, method), " ", decodeURIComponent(path)),
        h("span", { class: "soft small numbers" }, `${milliseconds} ms`),
      ),
      h(
        "div",
        { class: "stack tight" },
        h(
          "div",
          { class: "row apart" },
          h("span", { class: "soft small" }, clock(at)),
          copyButton(curl(exchange), "as curl", true),
        ),
        request && block("Request", request),
        reply !== undefined && block("Reply", shown(reply, false)),
      ),
    ),
  );
}

const block = (title, text) =>
  h(
    "figure",
    {},
    h("figcaption", { class: "soft small" }, title),
    h("pre", { tabindex: 0, role: "group", "aria-label": title }, text),
  );
