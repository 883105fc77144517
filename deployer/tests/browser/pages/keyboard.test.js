// Everything can be done without a mouse, and who can't see the page is told where they are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "../support/browser.js";
import { Person } from "../support/person.js";

const focused = (page) =>
  page.evaluate(() => document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent);

/** Tabs on until the control of this name has the focus, as somebody who listens would. */
async function tabsTo(page, name) {
  for (let pressed = 0; pressed < 40; pressed += 1) {
    await page.keyboard.press("Tab");
    const shown = await page.evaluate(
      () =>
        document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== "none",
    );
    assert.ok(shown, `nobody sees that ${await focused(page)} has the focus`);
    if ((await focused(page)) === name) return;
  }
  assert.fail(`no ${name} in 40 steps`);
}

test("a sign-in with the keyboard alone", async (t) => {
  const page = await open(t);
  const jane = new Person(page);
  await jane.enrols();
  assert.equal(await focused(page), "Sign in", "the focus is not on the new view's heading");
  assert.equal(await page.title(), "Sign in · cogapi");

  await tabsTo(page, "E-mail address");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(jane.email);
  await tabsTo(page, "Password");
  await page.keyboard.type(jane.password);
  await page.keyboard.press("Enter");
  await jane.sees("Enter your code");
  assert.equal(await focused(page), "Enter your code");
  await tabsTo(page, "Code of your authenticator");
  await page.keyboard.type(jane.authenticator.code());
  await tabsTo(page, "Sign in");
  await page.keyboard.press("Space");
  await jane.sees("Who am I");
  assert.equal(await page.locator("#announcer").textContent(), "You are signed in.");

  await tabsTo(page, "Account");
  await page.keyboard.press("Enter");
  await jane.sees("Password and account");
  await tabsTo(page, "Delete my account");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "Keep it", "the harmless answer does not have the focus");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(page), "Delete my account", "the focus is not back");
});

test("the header can be skipped", async (t) => {
  const page = await open(t);
  await new Person(page).sees("Sign in");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "Sign in");
});
