// The whole life of a user, as a person lives it at the demo app.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PAGES, look, open } from "../support/browser.js";
import { Person, newPassword } from "../support/person.js";

test("from registration to deletion", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await jane.sees("Sign in");
  await look(page, "sign-in");
  await jane.follows("Create an account");
  await look(page, "register");
  await jane.follows("I have an account");

  await jane.registers();
  await look(page, "confirm");
  await jane.choosesPassword();
  await look(page, "authenticator");
  await jane.scans();
  await jane.confirmsFirstCode();
  await jane.types("E-mail address", jane.email);
  await jane.types("Password", jane.password);
  await jane.presses("Sign in");
  await jane.sees("Enter your code");
  await look(page, "verify");
  await jane.types("Code of your authenticator", jane.authenticator.code());
  await jane.presses("Sign in");

  await jane.sees("Who am I");
  for (const told of ["Jane Doe", "+33612345678", "You are signed in."]) await jane.reads(told);
  await look(page, "profile");

  await t.test("tokens are decoded, last a while, and can be exchanged", async () => {
    await jane.follows("Tokens");
    await jane.sees("Tokens");
    await jane.reads(/expires in 59 min/);
    await jane.reads('"token_use": "access"');
    await look(page, "tokens");
    const claims = page.getByRole("group", { name: "Claims of the Access token" });
    const before = await claims.textContent();
    await jane.presses("Refresh the tokens");
    await page.waitForFunction((old) => !document.body.textContent.includes(old), before);
    assert.equal(JSON.parse(await claims.textContent()).username, JSON.parse(before).username);
    const kept = await page.evaluate(() => [Object.keys(localStorage).length, Object.keys(sessionStorage)]);
    assert.deepEqual(kept, [0, ["cogapi.session"]]);
    await page.reload();
    await jane.sees("Tokens");
  });

  await t.test("the password is changed", async () => {
    await jane.follows("Account");
    await jane.sees("Password and account");
    await look(page, "account");
    await jane.types("Present password", jane.password);
    jane.password = newPassword();
    await jane.types("New password", jane.password);
    await jane.presses("Change password");
    await jane.reads("Your password is changed.");
    await jane.signsOut();
    await jane.reads("You are signed out, on every device.");
  });

  await t.test("a forgotten password is replaced with the code of the mailbox", async () => {
    await jane.follows("I forgot my password");
    await jane.sees("Forgot your password?");
    await look(page, "forgot");
    await jane.types("E-mail address", jane.email);
    await jane.presses("Send me a code");
    await jane.sees("Choose a new password");
    await look(page, "new-password");
    await jane.types("Code of the mail", await jane.readsMail("Reset your password"));
    jane.password = newPassword();
    await jane.types("New password", jane.password);
    await jane.presses("Set password");
    await jane.reads("Your new password is set. Sign in with it.");
  });

  await t.test("a lost authenticator is replaced", async () => {
    await jane.follows("I lost my authenticator");
    await jane.sees("Lost your authenticator?");
    await look(page, "mfa-reset");
    await jane.types("E-mail address", jane.email);
    await jane.presses("Send me a code");
    await jane.sees("Prove that it is you");
    await look(page, "mfa-reset-verify");
    const code = await jane.readsMail(/MFA/);
    await jane.types("Code of the mail", "00000000");
    await jane.types("Password", jane.password);
    await jane.presses("Go on");
    await jane.reads("This code is wrong. There are three tries in all.");
    await jane.types("Code of the mail", code);
    await jane.presses("Go on");
    await jane.sees("Set up your authenticator");
    await jane.scans();
    await jane.confirmsFirstCode();
    await jane.reads(/Your new authenticator replaces the old one/);
    await jane.signsIn();
  });

  await t.test("the account is deleted after a question", async () => {
    await jane.follows("Account");
    await jane.presses("Delete my account");
    await jane.reads("Delete your account?");
    await look(page, "delete");
    await jane.presses("Keep it");
    await jane.presses("Delete my account");
    await jane.presses("Delete it");
    await jane.reads(`The account of ${jane.email} is deleted.`);
    await jane.types("E-mail address", jane.email);
    await jane.types("Password", jane.password);
    await jane.presses("Sign in");
    await jane.reads(/The e-mail address or the password is wrong/);
    await look(page, "sign-in-refused");
  });
});

test("who has a temporary password is led to the choice of one", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await jane.registers();
  const temporary = await jane.readsMail("Your account is ready");
  await jane.follows("The mail did not arrive");
  await jane.sees("Get a new invitation");
  await look(page, "resend");
  await jane.presses("Send it again");
  await jane.sees("Choose your password");
  const password = await jane.readsMail("Your account is ready", temporary);

  await page.goto(`${PAGES}/#sign-in`);
  await jane.sees("Sign in");
  await jane.types("E-mail address", jane.email);
  await jane.types("Password", password);
  await jane.presses("Sign in");
  await jane.reads("Your password is a temporary one. Choose your own now.");
  await jane.types("New password", "too easy");
  await jane.presses("Set password");
  await jane.reads(/This password is too easy|New password must/);
  await jane.types("New password", jane.password);
  await jane.presses("Set password");
  await jane.sees("Set up your authenticator");
});

test("who left before the authenticator was set up does it at the next sign-in", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await jane.registers();
  await jane.choosesPassword();
  await page.reload();
  await jane.reads("This step begins with another one: a reload forgets it.");
  await jane.types("E-mail address", jane.email);
  await jane.types("Password", jane.password);
  await jane.presses("Sign in");
  await jane.reads("You have no authenticator yet. Set one up to go on.");
  await jane.scans();
  await jane.types("First code", jane.authenticator.wrong());
  await jane.presses("Confirm");
  await jane.reads(/This code is wrong/);
  await jane.confirmsFirstCode();
  await jane.signsIn();
});
