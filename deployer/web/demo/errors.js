// What a failure means to the person at the page: a sentence, where to go from it, and at which field it belongs.
// Every code of the contract is here; views add only what a code means to them alone.

import { Foreign, Refused, Unreachable } from "./api.js";
import { NoPasskey } from "./passkey.js";

const SIGN_IN = ["Sign in", "sign-in"];
const FORGOT = ["Choose a new password", "forgot"];
const RESEND = ["Send the invitation again", "resend"];

/**
 * `says`: the sentence. `ways`: where to go from here. `at`: the first of these fields that the form has shows it.
 * `leads`: a view that opens by itself.
 */
const CODES = {
  invalid_request: { says: "Something in the form is not as the API wants it." },
  password_policy: {
    says: "This password is too easy. Make it longer, with small and capital letters, digits and a symbol, as the environment's [password] section says.",
    at: ["new_password"],
  },
  invalid_credentials: {
    says: "The e-mail address or the password is wrong. The API tells nobody which of them, so that nobody can find out who has an account.",
    ways: [FORGOT, RESEND],
  },
  invalid_session: { says: "This step took too long or was done already. Start again.", leads: "sign-in" },
  invalid_code: {
    says: "This code is wrong, has expired or was used before. A code of an authenticator works once: wait for the next one.",
    at: ["otp", "otp_code", "code", "verification_code"],
  },
  invalid_token: {
    says: "The token has expired or was revoked, for example by signing out elsewhere. Refresh the tokens or sign in again.",
    ways: [["Refresh the tokens", "tokens"], SIGN_IN],
  },
  forbidden: {
    says: "You may not do this. The request is about somebody else, or it is for administrators, or there is no such endpoint at this address.",
  },
  password_change_required: {
    says: "Your password is a temporary one. Choose your own now.",
    leads: "confirm",
  },
  password_reset_required: {
    says: "An administrator wants you to choose a new password. The code for it is in your mailbox.",
    leads: "new-password",
  },
  user_exists: {
    says: "There is an account with this address already.",
    at: ["email"],
    ways: [SIGN_IN, FORGOT, RESEND],
  },
  too_many_requests: { says: "That was too often. You can try again in a moment." },
  email_delivery_failed: {
    says: "The account is there, but the mail could not be sent: the sender may not be verified, or the day's quota used up.",
    ways: [RESEND],
  },
  upstream_unavailable: { says: "Amazon Cognito did not answer in time. Nothing is lost: try again." },
  internal: { says: "Something went wrong in the API. Its log tells what: look for the request id." },
};

/**
 * What `error` means: `{says, detail, ways, at, leads, fields, retryAfter}`.
 * @param {Error} error
 * @param {{address: string, origin: string}} where
 */
export function explain(error, where) {
  if (error instanceof Refused) {
    const known = CODES[error.code] ?? { says: error.message || `The API answered ${error.code}.` };
    const retryAfter = error.code === "too_many_requests" ? error.retryAfter : undefined;
    const detail = [`${error.code}, status ${error.status}${error.requestId ? `, request ${error.requestId}` : ""}`];
    return { ways: [], at: [], ...known, detail, fields: error.fields, retryAfter };
  }
  return { ways: [], at: [], fields: [], ...unusual(error, where) };
}

function unusual(error, { address, origin }) {
  if (error instanceof Unreachable) {
    return { says: `Nothing answers at ${address}.`, detail: whatToCheck(address, origin) };
  }
  if (error instanceof Foreign) {
    return {
      says: `What answers at ${address} is not this API: no JSON of its came back, but status ${error.status}.`,
      detail: ["Is the address right, without /v1 at its end?"],
    };
  }
  if (error instanceof NoPasskey) return { says: error.message, detail: [] };
  return { says: "This page has a defect. Reload it, and tell us what you did.", detail: [String(error)] };
}

/** A browser does not say why it could not reach a server; these are the reasons that there are. */
function whatToCheck(address, origin) {
  const url = new URL(address);
  const checks = ["Is the address right, and this machine connected?"];
  if (["localhost", "127.0.0.1"].includes(url.hostname)) checks.push("Is `cogapi local` running?");
  if (url.origin !== origin)
    checks.push(
      `Does the environment's api.cors_origins have "${origin}"? Without it the browser keeps the reply from this page.`,
    );
  if (origin.startsWith("https:") && url.protocol === "http:")
    checks.push("A page that came by https may not call an API by http.");
  return checks;
}
