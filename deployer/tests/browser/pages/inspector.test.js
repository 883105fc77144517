// The inspector: who there is, what was asked, what was logged.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PAGES, look, open } from "../support/browser.js";
import { Person } from "../support/person.js";

test("a user's state is told in words, as it changes", async (t) => {
  const inspector = await open(t, `${PAGES}/inspect`);
  const jane = new Person(await inspector.context().newPage());
  await jane.page.goto(PAGES);
  await jane.registers();
  const row = inspector.getByRole("row").filter({ hasText: jane.email });
  await row.getByText("Invited", { exact: true }).waitFor();
  await jane.choosesPassword();
  await row.getByText("No authenticator", { exact: true }).waitFor();
  await jane.scans();
  await jane.confirmsFirstCode();
  await row.getByText("Confirmed", { exact: true }).waitFor();
  await look(inspector, "inspector-users");
});

test("a request leads to its logs", async (t) => {
  const inspector = await open(t, `${PAGES}/inspect#requests`);
  const jane = new Person(await inspector.context().newPage());
  await jane.page.goto(PAGES);
  await jane.types("E-mail address", jane.email);
  await jane.types("Password", jane.password);
  await jane.presses("Sign in");
  await jane.reads(/The e-mail address or the password is wrong/);
  const request = inspector
    .getByRole("row")
    .filter({ hasText: "/v1/login" })
    .filter({ hasText: "invalid_credentials" })
    .first();
  await request.waitFor();
  await look(inspector, "inspector-requests");
  await request.getByRole("button").click();
  const lines = inspector.locator("#logs-list tbody tr");
  await lines.first().waitFor();
  assert.equal(await lines.count(), 1);
  await look(inspector, "inspector-logs");
  const shown = await lines.first().textContent();
  assert.ok(shown.includes("login") && shown.includes("invalid_credentials"), shown);

  await inspector.getByLabel("Request id").fill("no such request");
  await inspector.getByText("No line is like that.").waitFor();
  await inspector.getByLabel("Request id").fill("");
  await inspector.getByLabel("Level").selectOption("Errors");
  for (const level of await inspector.locator("#logs-list tbody td:nth-child(2)").allTextContents())
    assert.equal(level, "ERROR");
});
