// The mailbox of `cogapi local`.

import { copyButton } from "../shared/copy.js";
import { h } from "../shared/dom.js";
import { follow } from "../shared/live.js";
import { liveState } from "../shared/live-state.js";
import { clock } from "../shared/time.js";
import { secrets, stressed, textOf } from "./secrets.js";

const element = (id) => document.getElementById(id);
/** The mails that are shown, by their id: what is on the page stays as its reader left it. */
const shown = new Map();

function show(mails) {
  element("empty").hidden = mails.length > 0;
  const isFirst = shown.size === 0;
  const present = new Set(mails.map((mail) => mail.id));
  for (const [id, item] of shown) {
    if (!present.has(id)) {
      item.remove();
      shown.delete(id);
    }
  }
  const fresh = mails.filter((mail) => !shown.has(mail.id));
  for (const mail of fresh.toReversed()) {
    const item = h("li", {}, article(mail, mail === mails[0]));
    shown.set(mail.id, item);
    element("mails").prepend(item);
  }
  if (!isFirst && fresh.length > 0) element("announcer").textContent = `New mail: ${fresh[0].subject}`;
}

function article({ id, to, subject, text, html, at }, isNewest) {
  const heading = `subject-${id}`;
  const words = text || textOf(html);
  const found = secrets(html ? stressed(html) : [], words);
  return h(
    "article",
    { class: "mail card stack", "aria-labelledby": heading },
    h(
      "header",
      {},
      h("h2", { id: heading }, subject || "No subject"),
      h("p", { class: "soft small" }, "To ", to.join(", "), " · ", h("time", { datetime: at }, clock(at))),
    ),
    found.length > 0 && h("ul", { class: "secrets" }, found.map(secret)),
    // An empty sandbox: no scripts, no forms, no navigation, an origin of its own.
    html && folded("The mail", isNewest, h("iframe", { sandbox: "", srcdoc: html, title: `Mail: ${subject}` })),
    folded(
      "Its text",
      isNewest && !html,
      h("pre", { tabindex: 0, role: "group", "aria-label": "Text of the mail" }, words),
    ),
  );
}

const folded = (label, open, content) => h("details", { open }, h("summary", { class: "soft small" }, label), content);

const secret = ({ label, value }) =>
  h(
    "li",
    {},
    h("span", { class: "soft small" }, label),
    h("span", { class: "row" }, h("code", {}, value), copyButton(value, label)),
  );

follow({ mail: show }, liveState(element("state")));
