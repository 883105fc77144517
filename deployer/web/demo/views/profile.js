// Who am I: what the API says of the caller.

import { h } from "../../shared/dom.js";
import { loaded } from "../loaded.js";
import { session } from "../session.js";

export const profile = {
  title: "Who am I",
  lead: "What GET /v1/userinfo answers to your ID token.",
  signedIn: true,
  content: (context) => [loaded(context, "Asking who you are", () => context.api.userinfo(session().id_token), shown)],
};

function shown({ name, email, phone_number: phone, user_id: id, groups }) {
  const rows = [
    ["Name", name],
    ["E-mail address", email],
    ["Phone number", phone],
    ["User id", h("span", { class: "mono" }, id)],
    ["Groups", groups.length > 0 ? groups.join(", ") : "none"],
  ];
  return h(
    "dl",
    { class: "facts" },
    rows.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
  );
}
