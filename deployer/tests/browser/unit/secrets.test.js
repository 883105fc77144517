// The mailbox finds what people come for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { secrets } from "../../../web/mail/secrets.js";

test("an invitation has a password, and its address is none", () => {
  const set = [
    { before: "Your account: ", value: "jane@example.com" },
    { before: "Temporary password: ", value: "aB3-xyz_Q9" },
  ];
  assert.deepEqual(secrets(set, "anything 123456"), [{ label: "Temporary password", value: "aB3-xyz_Q9" }]);
});

test("labels are found in other languages, too", () => {
  assert.deepEqual(secrets([{ before: "Code de vérification : ", value: "123456" }], ""), [
    { label: "Code de vérification", value: "123456" },
  ]);
});

test("a mail of text alone has its numbers of six to eight digits", () => {
  assert.deepEqual(secrets([], "Your MFA reset code is 12345678. It was asked for in 2026, call +33612345678."), [
    { label: "Code", value: "12345678" },
  ]);
});

test("a mail without a code has none", () => {
  assert.deepEqual(secrets([{ before: "Read ", value: "this now" }], "Hello in 2026"), []);
});
