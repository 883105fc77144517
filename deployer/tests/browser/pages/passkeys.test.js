// Passkeys at the demo app, with an authenticator that Chromium plays.

import { test } from "node:test";

import { PAGES, look, open } from "../support/browser.js";
import { Person } from "../support/person.js";

/** A device that keeps passkeys and whose owner agrees to everything. */
async function withDevice(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  return { loses: () => devtools.send("WebAuthn.clearCredentials", { authenticatorId }) };
}

test("a passkey is registered, signs in, and is deleted", async (t) => {
  const page = await open(t);
  const device = await withDevice(page);
  const jane = new Person(page);
  await jane.becomesUser();
  await jane.follows("Passkeys");
  await jane.reads("You have no passkey yet.");
  await look(page, "passkeys-none");
  await jane.presses("Register a passkey");
  const passkey = page.getByRole("button", { name: /^Delete / });
  await passkey.waitFor();
  await look(page, "passkeys");

  // Its owner has it already.
  await jane.presses("Register a passkey");
  await jane.reads("This device has a passkey for this account already.");

  await jane.signsOut();
  await jane.types("E-mail address", jane.email);
  await jane.presses("Sign in with a passkey");
  await jane.sees("Who am I");
  await jane.reads("You signed in with a passkey: no password, no code.");

  await jane.follows("Passkeys");
  await passkey.click();
  await look(page, "passkeys-delete");
  await jane.presses("Delete it");
  await jane.reads("You have no passkey yet.");
  await jane.signsOut();

  // Who has none is offered one that no device has.
  await device.loses();
  await jane.types("E-mail address", jane.email);
  await jane.presses("Sign in with a passkey");
  await jane.reads(/No passkey was used/);
});

test("a page that was opened by a number says where passkeys work", async (t) => {
  const page = await open(t, PAGES.replace("localhost", "127.0.0.1"));
  const jane = new Person(page);
  await jane.sees("Sign in");
  const offered = await page.getByRole("button", { name: "Sign in with a passkey" }).count();
  if (offered > 0) throw new Error("a passkey is offered where there can be none");
  await jane.becomesUser();
  await jane.follows("Passkeys");
  await page.getByRole("link", { name: `${PAGES}/`, exact: true }).waitFor();
});
