// Signing in: with password and code, or with a passkey.

import { h } from "../../shared/dom.js";
import { email, form, oneTimeCode, password, way } from "../form.js";
import { get, impossible } from "../passkey.js";
import { signIn as keep } from "../session.js";

export const signIn = {
  title: "Sign in",
  content(context) {
    const address = email(context.flow.email);
    const withPassword = form(context, {
      fields: [address, password("password", "Password", "current-password")],
      action: "Sign in",
      busy: "Signing in",
      send: context.api.login,
      done(reply) {
        const { email: known, verification_type: type } = reply;
        if (type === "MFA_SETUP") {
          const { qr_code_secret: secret, otpauth_uri: uri, mfa_session: session } = reply;
          context.go("authenticator", {
            email: known,
            setup: { secret, uri, session },
            notice: "You have no authenticator yet. Set one up to go on.",
          });
        } else {
          context.go("verify", { email: known, verification: { type, session: reply.verification_session } });
        }
      },
    });
    return [
      withPassword.element,
      context.config.passkeys && withPasskey(context, address),
      h(
        "ul",
        { class: "ways" },
        [
          ["Create an account", "register"],
          ["I have a temporary password", "confirm"],
          ["I forgot my password", "forgot"],
          ["I lost my authenticator", "mfa-reset"],
          ["My invitation did not arrive", "resend"],
        ].map(([label, view]) =>
          h(
            "li",
            {},
            way(context, label, view, () => ({ email: address.input.value })),
          ),
        ),
      ),
    ];
  },
};

function withPasskey(context, address) {
  if (impossible(location)) return null;
  const passkey = form(context, {
    borrowed: [address],
    action: "Sign in with a passkey",
    busy: "Waiting for your passkey",
    look: "",
    async send(values) {
      const { session, options } = await context.api.startPasskeyLogin(values);
      return context.api.completePasskeyLogin({ ...values, session, credential: await get(options) });
    },
    done(tokens, values) {
      keep(values.email, tokens);
      context.go("profile", { notice: "You signed in with a passkey: no password, no code." });
    },
    failed: {
      // Whoever has a passkey has signed in before; a session that is refused here means the passkey was.
      invalid_session: () => ({
        says: "The API refused this passkey. It may have been deleted. Sign in with your password.",
        leads: undefined,
      }),
    },
  });
  return h("div", { class: "alternative stack" }, h("p", { class: "or soft small" }, "or"), passkey.element);
}

export const verify = {
  title: "Enter your code",
  needs: "verification",
  content(context) {
    const { email: address, verification } = context.flow;
    const code = form(context, {
      fields: [
        oneTimeCode("otp_code", "Code of your authenticator", {
          hint: "Six digits. Each code works once; a new one comes every 30 seconds.",
          maxlength: 6,
        }),
      ],
      action: "Sign in",
      busy: "Checking the code",
      send: ({ otp_code }) =>
        context.api.verifyMfa({
          email: address,
          verification_type: verification.type,
          verification_session: verification.session,
          otp_code,
        }),
      done(tokens) {
        keep(address, tokens);
        context.go("profile", { verification: null, notice: "You are signed in." });
      },
    });
    return [
      h("p", {}, "Signing in as ", h("b", {}, address), "."),
      code.element,
      h(
        "ul",
        { class: "ways" },
        h("li", {}, way(context, "I lost my authenticator", "mfa-reset")),
        h("li", {}, way(context, "Sign in as somebody else", "sign-in")),
      ),
    ];
  },
};
