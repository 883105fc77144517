// What a user does with the own account: another password, the end of it.

import { h } from "../../shared/dom.js";
import { confirmed } from "../dialog.js";
import { NEW_PASSWORD_HINT, form, password, way } from "../form.js";
import { session, signOut } from "../session.js";

export const account = {
  title: "Password and account",
  signedIn: true,
  content: (context) => [changePassword(context), lostAuthenticator(context), deletion(context)],
};

function changePassword(context) {
  const change = form(context, {
    fields: [
      password("old_password", "Present password", "current-password"),
      password("new_password", "New password", "new-password", { hint: NEW_PASSWORD_HINT }),
    ],
    action: "Change password",
    busy: "Changing the password",
    send: (values) =>
      context.api.changePassword({ ...values, email: session().email, access_token: session().access_token }),
    done: () => context.go("profile", { notice: "Your password is changed." }),
    failed: {
      invalid_credentials: () => ({
        says: "The present password is wrong.",
        at: ["old_password"],
        ways: [["I forgot it", "forgot"]],
      }),
    },
  });
  return section("Change your password", null, change.element);
}

const lostAuthenticator = (context) =>
  section(
    "Move to another authenticator",
    "You prove your password and your mailbox; the new one replaces the old one.",
    way(context, "Reset the authenticator", "mfa-reset", () => ({ email: session().email })),
  );

function deletion(context) {
  const remove = form(context, {
    action: "Delete my account",
    busy: "Deleting the account",
    look: "danger",
    sure: () =>
      confirmed({
        title: "Delete your account?",
        text: `${session().email} and everything that belongs to it will be gone.`,
        action: "Delete it",
      }),
    send: () => context.api.deleteUser(session().email, session().id_token),
    done(reply) {
      signOut();
      context.go("sign-in", { email: "", notice: `The account of ${reply.email} is deleted.` });
    },
  });
  return section("Delete your account", "This can't be undone.", remove.element);
}

const section = (title, text, content) =>
  h("section", { class: "part stack" }, h("h2", {}, title), text && h("p", { class: "soft" }, text), content);
