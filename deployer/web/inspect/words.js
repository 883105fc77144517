// What Cognito's words for a user's state mean.

const STATUSES = {
  FORCE_CHANGE_PASSWORD: ["careful", "Invited", "Has a temporary password; login answers password_change_required"],
  RESET_REQUIRED: [
    "careful",
    "Must reset",
    "An administrator took the password away; login answers password_reset_required",
  ],
  CONFIRMED: ["good", "Confirmed", "Has a password and an authenticator"],
  UNCONFIRMED: ["careful", "Unconfirmed", "Signed up without an invitation, and has not confirmed the address"],
  EXTERNAL_PROVIDER: ["", "External", "Signs in with another identity provider"],
  ARCHIVED: ["bad", "Archived", "Not in use any more"],
  COMPROMISED: ["bad", "Compromised", "Cognito found the password in a leak"],
};

/** `[look, word, meaning]` of a user. */
export function stateOf({ status, enabled, mfa }) {
  if (!enabled) return ["bad", "Disabled", "Can't sign in; login answers invalid_credentials"];
  if (status === "CONFIRMED" && mfa.length === 0) {
    return ["careful", "No authenticator", "Has a password; login answers MFA_SETUP with a QR code"];
  }
  return STATUSES[status] ?? ["", status, "A state that this page does not know"];
}
