// The ways back in: a forgotten password, a lost authenticator.

import { h } from "../../shared/dom.js";
import { NEW_PASSWORD_HINT, email, form, oneTimeCode, password, way } from "../form.js";
import { mailbox } from "../mailbox.js";

const back = (context) => h("ul", { class: "ways" }, h("li", {}, way(context, "Back to sign in", "sign-in")));

export const forgot = {
  title: "Forgot your password?",
  lead: "You will get a mail with a code that lets you choose a new one.",
  content: (context) => [
    form(context, {
      fields: [email(context.flow.email)],
      action: "Send me a code",
      busy: "Sending",
      send: context.api.forgotPassword,
      done: (reply) =>
        context.go("new-password", {
          email: reply.email,
          notice: "If there is an account with this address, a code is in its mailbox.",
        }),
    }).element,
    back(context),
  ],
};

export const newPassword = {
  title: "Choose a new password",
  lead: "Enter the code of the mail, and your new password.",
  content: (context) => [
    mailbox(context),
    form(context, {
      fields: [
        email(context.flow.email),
        oneTimeCode("verification_code", "Code of the mail"),
        password("new_password", "New password", "new-password", { hint: NEW_PASSWORD_HINT }),
      ],
      action: "Set password",
      busy: "Setting the password",
      send: context.api.confirmPassword,
      done: (reply) =>
        context.go("sign-in", { email: reply.email, notice: "Your new password is set. Sign in with it." }),
      failed: {
        invalid_code: () => ({
          says: "This code is wrong, has expired or was used before.",
          ways: [["Send me another", "forgot"]],
        }),
      },
    }).element,
    h(
      "ul",
      { class: "ways" },
      h("li", {}, way(context, "Send me another code", "forgot")),
      h("li", {}, way(context, "The mail has a temporary password instead", "confirm")),
    ),
  ],
};

export const mfaReset = {
  title: "Lost your authenticator?",
  lead: "With your password and a code from your mailbox, you can set up a new one.",
  content: (context) => [
    form(context, {
      fields: [email(context.flow.email)],
      action: "Send me a code",
      busy: "Sending",
      send: context.api.startMfaReset,
      done: (reply, values) =>
        context.go("mfa-reset-verify", {
          ...values,
          reset: reply.session,
          notice: "If there is an account with this address, a code is in its mailbox.",
        }),
    }).element,
    back(context),
  ],
};

export const mfaResetVerify = {
  title: "Prove that it is you",
  lead: "Enter the code of the mail, and your password.",
  needs: "reset",
  content: (context) => [
    mailbox(context),
    h("p", {}, "Resetting the authenticator of ", h("b", {}, context.flow.email), "."),
    form(context, {
      fields: [
        oneTimeCode("code", "Code of the mail", { hint: "Eight digits." }),
        password("password", "Password", "current-password"),
      ],
      action: "Go on",
      busy: "Checking",
      send: (values) =>
        context.api.verifyMfaReset({ ...values, email: context.flow.email, session: context.flow.reset }),
      done(reply) {
        const { qr_code_secret: secret, otpauth_uri: uri, access_token: token } = reply;
        context.go("authenticator", { reset: null, setup: { secret, uri, token } });
      },
      failed: {
        // Cognito's sessions are for one use: the error has that of the next try, and none after the third.
        invalid_code(error) {
          if (!error.session)
            return { says: "That was the last try for this code. Ask for another.", leads: "mfa-reset" };
          context.flow.reset = error.session;
          return { says: "This code is wrong. There are three tries in all." };
        },
        invalid_credentials: () => ({
          says: "The password is wrong. The code has not been used up.",
          at: ["password"],
          ways: [["I forgot it", "forgot"]],
        }),
        invalid_session: () => ({
          says: "This took too long, or was tried too often. Ask for another code.",
          leads: "mfa-reset",
        }),
        password_change_required: () => ({
          says: "You still have a temporary password. Choose your own first.",
          leads: "confirm",
        }),
      },
    }).element,
    h("ul", { class: "ways" }, h("li", {}, way(context, "Send me another code", "mfa-reset"))),
  ],
};
