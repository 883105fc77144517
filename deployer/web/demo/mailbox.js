// The way to the mails, where cogapi catches them.

import { h } from "../shared/dom.js";

/** A hint with a link to the mailbox; nothing where mails really leave. */
export const mailbox = ({ config }) =>
  config.local &&
  h(
    "p",
    { class: "notice" },
    "No mail leaves this machine: ",
    h("a", { href: "/mail", target: "cogapi-mail" }, "open the mailbox"),
    " to read it.",
  );
