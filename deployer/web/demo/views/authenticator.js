// Setting up an authenticator app: the QR code, its secret for who can't scan, and the first code.

import { copyButton } from "../../shared/copy.js";
import { h, svg } from "../../shared/dom.js";
import { form, oneTimeCode, way } from "../form.js";
import { qr } from "../qr.js";

// What ISO/IEC 18004 wants left free around a QR code, in modules.
const QUIET = 4;

export const authenticator = {
  title: "Set up your authenticator",
  lead: "Scan the code with an authenticator app, then enter the six digits that it shows.",
  needs: "setup",
  content(context) {
    const { email, setup } = context.flow;
    // A reset is authorized by the token that the recovery answered, a first set-up by its session.
    const send = ({ otp }) =>
      setup.token
        ? context.api.confirmMfaReset({ access_token: setup.token, otp })
        : context.api.confirmMfa({ email, otp, mfa_session: setup.session });
    const notice = setup.token
      ? "Your new authenticator replaces the old one, and you were signed out everywhere. Sign in with it: wait for its next code."
      : "Your authenticator is set up. Sign in: each code works once, so wait for the next one.";
    return [
      h(
        "div",
        { class: "setup" },
        h(
          "a",
          { href: setup.uri, class: "qr", title: "Open in an authenticator app on this device" },
          picture(setup.uri),
        ),
        h(
          "div",
          { class: "stack tight" },
          h("p", {}, "Can't scan it? Enter this secret in the app:"),
          h(
            "p",
            { class: "row" },
            h(
              "code",
              { class: "secret", id: "totp-secret" },
              setup.secret.match(/.{1,4}/g).flatMap((part) => [part, h("wbr")]),
            ),
            copyButton(setup.secret, "the secret"),
          ),
          h(
            "p",
            { class: "soft small" },
            "Time based, 6 digits, every 30 seconds. Whoever has this secret can make your codes.",
          ),
        ),
      ),
      form(context, {
        fields: [oneTimeCode("otp", "First code", { hint: "Six digits, from the app.", maxlength: 6 })],
        action: "Confirm",
        busy: "Checking the code",
        send,
        done: () => context.go("sign-in", { setup: null, notice }),
        failed: { invalid_token: () => ({ says: "This took too long. Begin the reset again.", leads: "mfa-reset" }) },
      }).element,
      h("ul", { class: "ways" }, h("li", {}, way(context, "Sign in as somebody else", "sign-in"))),
    ];
  },
};

/** Dark on light whatever the page's colours are: scanners expect it so. */
function picture(uri) {
  const modules = qr(uri);
  const side = modules.length + 2 * QUIET;
  const path = modules
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")))
    .join("");
  return svg(
    "svg",
    {
      viewBox: `0 0 ${side} ${side}`,
      role: "img",
      "aria-label": "QR code for an authenticator app",
      "shape-rendering": "crispEdges",
    },
    svg("rect", { width: side, height: side, fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }),
  );
}
