// What the demo app says, and where it leads, when something goes wrong. The API's answers are played where they are
// hard to provoke.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PAGES, look, open } from "../support/browser.js";
import { Person } from "../support/person.js";

/** The API answers so from now on. */
const answers = (page, status, body, headers = {}) =>
  page.route("**/v1/**", (route) =>
    route.fulfill({ status, headers, json: { message: "…", request_id: "r-1", ...body } }),
  );

async function signsInAs(person) {
  await person.types("E-mail address", person.email);
  await person.types("Password", person.password);
  await person.presses("Sign in");
}

test("every problem of a form is told at its field, and the first has the focus", async (t) => {
  const page = await open(t, `${PAGES}/#register`);
  const jane = new Person(page);
  await jane.types("E-mail address", "jane@");
  await jane.presses("Create account");
  await jane.reads("Full name must not be empty.");
  await look(page, "register-refused");
  for (const [label, problem] of [
    ["Full name", /must not be empty/],
    ["E-mail address", /must be an e-mail address/],
    ["Mobile phone number", /must be a phone number/],
  ]) {
    const input = page.getByLabel(label, { exact: true });
    assert.equal(await input.getAttribute("aria-invalid"), "true");
    const told = await input.evaluate((it) =>
      it
        .getAttribute("aria-describedby")
        .split(" ")
        .map((id) => document.getElementById(id).textContent)
        .join(" "),
    );
    assert.match(told, problem);
  }
  assert.equal(await page.evaluate(() => document.activeElement.name), "full_name");
  await jane.types("Full name", "J");
  assert.equal(await page.getByLabel("Full name").getAttribute("aria-invalid"), null);
});

test("an address that is taken is led to what its owner can do", async (t) => {
  const page = await open(t, `${PAGES}/#register`);
  const jane = new Person(page);
  await answers(page, 409, { code: "user_exists" });
  await jane.types("E-mail address", jane.email);
  await jane.presses("Create account");
  await page.getByRole("alert").getByRole("link", { name: "Choose a new password" }).click();
  await jane.sees("Forgot your password?");
  assert.equal(await page.getByLabel("E-mail address").inputValue(), jane.email);
});

test("a mail that was not sent can be asked for again", async (t) => {
  const page = await open(t, `${PAGES}/#register`);
  const jane = new Person(page);
  await answers(page, 502, { code: "email_delivery_failed" });
  await jane.types("E-mail address", jane.email);
  await jane.presses("Create account");
  await jane.reads(/the mail could not be sent/);
  await page.getByRole("link", { name: "Send the invitation again" }).click();
  await jane.sees("Get a new invitation");
});

test("a reset that an administrator wants is where the sign-in leads", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await answers(page, 403, { code: "password_reset_required" });
  await signsInAs(jane);
  await jane.sees("Choose a new password");
  await jane.reads(/An administrator wants you to choose a new password/);
  assert.equal(await page.getByLabel("E-mail address").inputValue(), jane.email);
});

test("a session that has expired leads back to its beginning", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await answers(page, 200, { email: jane.email, verification_type: "SOFTWARE_TOKEN_MFA", verification_session: "s" });
  await signsInAs(jane);
  await jane.sees("Enter your code");
  await page.unroute("**/v1/**");
  await answers(page, 401, { code: "invalid_session" });
  await jane.types("Code of your authenticator", "123456");
  await jane.presses("Sign in");
  await jane.sees("Sign in");
  await jane.reads("This step took too long or was done already. Start again.");
});

test("who was throttled waits as long as the API says, and no longer", async (t) => {
  const page = await open(t);
  await page.clock.install();
  const jane = new Person(page);
  await answers(page, 429, { code: "too_many_requests" }, { "Retry-After": "600" });
  await signsInAs(jane);
  const waiting = page.getByRole("button", { name: /^Try again in \d+ s$/ });
  assert.equal(await waiting.getAttribute("aria-disabled"), "true");
  await look(page, "throttled");
  await page.clock.fastForward(400_000);
  await page.getByRole("button", { name: /^Try again in 1\d\d s$/ }).waitFor();
  await page.clock.fastForward(200_000);
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
});

test("while it waits, a button says so and sends nothing twice", async (t) => {
  const page = await open(t);
  let asked = 0;
  let answer;
  const answered = new Promise((resolve) => (answer = resolve));
  await page.route("**/v1/**", async (route) => {
    asked += 1;
    await answered;
    await route.fulfill({ status: 503, json: { code: "upstream_unavailable", message: "…", request_id: "r-1" } });
  });
  const jane = new Person(page);
  await signsInAs(jane);
  const busy = page.getByRole("button", { name: "Signing in …" });
  assert.equal(await busy.getAttribute("aria-disabled"), "true");
  await busy.click({ force: true });
  answer();
  await jane.reads(/Amazon Cognito did not answer in time/);
  assert.equal(asked, 1);
});

test("when nothing answers, the page says what to check, and takes another address", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await page.getByText("Change", { exact: true }).click();
  await jane.types("Address of the API", "not an address");
  await jane.presses("Use this address");
  await jane.reads(/This is no address/);
  // A port below 1024 that nobody has had a use for in decades.
  await jane.types("Address of the API", "http://127.0.0.1:27/v1/");
  await look(page, "connection");
  await jane.presses("Use this address");
  await jane.reads("The page talks to another API now.");
  await signsInAs(jane);
  await jane.reads("Nothing answers at http://127.0.0.1:27.");
  await jane.reads(/Does the environment's api.cors_origins have/);
  await look(page, "unreachable");
  await page.reload();
  await page.getByText("http://127.0.0.1:27").waitFor();
  await page.getByText("Change", { exact: true }).click();
  await jane.presses("Back to the default");
  await page.locator("#connection").getByText(PAGES).waitFor();
});

test("secrets are shortened in what just happened", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await answers(page, 200, {
    email: jane.email,
    verification_type: "SOFTWARE_TOKEN_MFA",
    verification_session: "s".repeat(500),
  });
  await signsInAs(jane);
  await jane.sees("Enter your code");
  const told = await page.locator("#exchanges").textContent();
  assert.ok(told.includes(jane.email) && told.includes("(500 characters)"), told);
  assert.ok(!told.includes(jane.password), told);
  await page.locator("#exchanges").getByRole("button", { name: "Copy as curl" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(copied.startsWith(`curl -X POST '${PAGES}/v1/login'`) && copied.includes(jane.password), copied);
});
