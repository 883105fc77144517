// Becoming a user: registration, the mailed password, the invitation once more.

import { h } from "../../shared/dom.js";
import { NEW_PASSWORD_HINT, email, field, form, password, way } from "../form.js";
import { mailbox } from "../mailbox.js";

export const register = {
  title: "Create an account",
  lead: "You will get a mail with a temporary password.",
  content: (context) => [
    form(context, {
      fields: [
        field("full_name", "Full name", { autocomplete: "name" }),
        email(context.flow.email),
        field("mobile_phone_number", "Mobile phone number", {
          type: "tel",
          autocomplete: "tel",
          hint: "With the country's code, for example +33612345678.",
        }),
      ],
      action: "Create account",
      busy: "Creating the account",
      send: context.api.register,
      done: (reply) =>
        context.go("confirm", {
          email: reply.email,
          notice: "Your account is there. The temporary password is in your mailbox.",
        }),
    }).element,
    h("ul", { class: "ways" }, h("li", {}, way(context, "I have an account", "sign-in"))),
  ],
};

export const confirm = {
  title: "Choose your password",
  lead: "The mail has a temporary password. Replace it by one of your own.",
  content: (context) => [
    mailbox(context),
    form(context, {
      fields: [
        email(context.flow.email),
        password("temporary_password", "Temporary password", "off", { value: context.flow.temporaryPassword }),
        password("new_password", "New password", "new-password", { hint: NEW_PASSWORD_HINT }),
      ],
      action: "Set password",
      busy: "Setting the password",
      send: context.api.confirm,
      done(reply) {
        const known = { email: reply.email, temporaryPassword: null };
        if (reply.status === "CONFIRMED") {
          context.go("sign-in", {
            ...known,
            notice: "Your password is set, and you have an authenticator already. Sign in.",
          });
          return;
        }
        const { qr_code_secret: secret, otpauth_uri: uri, mfa_session: session } = reply;
        context.go("authenticator", { ...known, setup: { secret, uri, session } });
      },
      failed: {
        invalid_credentials: () => ({
          says: "The address or the temporary password is wrong, or the password has expired.",
          ways: [
            ["Send me a new one", "resend"],
            ["Sign in", "sign-in"],
          ],
        }),
      },
    }).element,
    h("ul", { class: "ways" }, h("li", {}, way(context, "The mail did not arrive", "resend"))),
  ],
};

export const resend = {
  title: "Get a new invitation",
  lead: "If you are invited and have not chosen a password yet, you will get a mail with a new temporary one.",
  content: (context) => [
    form(context, {
      fields: [email(context.flow.email)],
      action: "Send it again",
      busy: "Sending",
      send: context.api.resend,
      // The reply is the same whether or not there is such a user: so are the words.
      done: (reply) =>
        context.go("confirm", {
          email: reply.email,
          notice: "If this address is invited, a new temporary password is in its mailbox.",
        }),
    }).element,
    h("ul", { class: "ways" }, h("li", {}, way(context, "Back to sign in", "sign-in"))),
  ],
};
