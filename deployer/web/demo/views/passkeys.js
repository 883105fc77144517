// The user's passkeys: registered, listed, deleted.

import { fill, h } from "../../shared/dom.js";
import { clock } from "../../shared/time.js";
import { confirmed } from "../dialog.js";
import { form } from "../form.js";
import { loaded } from "../loaded.js";
import { create, impossible } from "../passkey.js";
import { session } from "../session.js";

export const passkeys = {
  title: "Passkeys",
  lead: "A passkey signs you in by itself: it is something that you have, and your device asks for something that you know or are.",
  signedIn: true,
  content(context) {
    if (!context.config.passkeys) {
      return [
        h(
          "p",
          { class: "notice careful" },
          "This environment has no ",
          h("code", {}, "[passkeys]"),
          " section, so the API has no endpoints for them.",
        ),
      ];
    }
    const problem = impossible(location);
    const list = h("div");
    const show = () =>
      fill(
        list,
        loaded(
          context,
          "Asking for your passkeys",
          () => context.api.listPasskeys(token()),
          (reply) => shown(context, reply.passkeys, show),
        ),
      );
    show();
    const register = form(context, {
      action: "Register a passkey",
      busy: "Waiting for your device",
      async send() {
        const { options } = await context.api.startPasskey(token());
        return context.api.completePasskey({ ...token(), credential: await create(options) });
      },
      done() {
        show();
        context.announce("The passkey is registered. You can sign in with it.");
      },
      failed: {
        invalid_session: () => ({
          says: "This took too long, or the API refused the passkey. Try again.",
          leads: undefined,
        }),
      },
    });
    return [problem ? unavailable(problem) : register.element, list];
  },
};

const token = () => ({ access_token: session().access_token });

const unavailable = ({ says, there }) =>
  h("p", { class: "notice careful" }, says, there && [" Open it at ", h("a", { href: there }, there), "."]);

function shown(context, list, again) {
  if (list.length === 0) return h("p", { class: "soft" }, "You have no passkey yet.");
  return h(
    "ul",
    { class: "stack" },
    list.map((passkey) => one(context, passkey, again)),
  );
}

function one(
  context,
  { credential_id: id, friendly_name: name, relying_party_id: party, authenticator_attachment: kind, created_at: at },
  again,
) {
  const title = name || "Passkey";
  const remove = form(context, {
    action: `Delete ${title}`,
    busy: "Deleting",
    look: "danger",
    sure: () =>
      confirmed({
        title: `Delete ${title}?`,
        text: "You can't sign in with it any more. Delete it on your device, too.",
        action: "Delete it",
      }),
    send: () => context.api.deletePasskey({ ...token(), credential_id: id }),
    done() {
      again();
      context.announce("The passkey is deleted.");
      context.focusHeading();
    },
  });
  return h(
    "li",
    { class: "passkey row apart" },
    h(
      "div",
      {},
      h("h2", {}, title),
      h("p", { class: "soft small" }, [party, kind, at && `since ${clock(at)}`].filter(Boolean).join(" · ")),
    ),
    remove.element,
  );
}
