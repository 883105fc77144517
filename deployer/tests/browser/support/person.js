// Somebody at the demo app: reads what it says, fills in, presses. Knows the pages by what a person sees, never by their insides.

import { randomBytes } from "node:crypto";

import { Authenticator } from "./authenticator.js";
import { PAGES } from "./browser.js";

const unique = () => randomBytes(6).toString("hex");

export const newPassword = () => `Correct-Horse-7-${unique()}`;

export class Person {
  constructor(page) {
    this.page = page;
    this.email = `jane-${unique()}@example.com`;
    this.password = newPassword();
  }

  /** Waits for the view of this title. */
  async sees(title) {
    await this.page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
  }

  /** Waits for these words, anywhere. */
  async reads(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  async types(label, text) {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  async presses(name) {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  async follows(name) {
    await this.page.getByRole("link", { name, exact: true }).click();
  }

  /** What the newest mail to this person is about, as the mailbox page shows it for copying. */
  async readsMail(subject, than) {
    const mailbox = await this.page.context().newPage();
    await mailbox.goto(`${PAGES}/mail`);
    const mail = mailbox.getByRole("article", { name: subject }).filter({ hasText: this.email }).first();
    const secret = mail.locator(".secrets code").last();
    await secret.waitFor();
    const text = await secret.textContent();
    await mailbox.close();
    if (text === than) throw new Error(`still the mail of before: ${text}`);
    return text;
  }

  async registers() {
    await this.follows("Create an account");
    await this.sees("Create an account");
    await this.types("Full name", "Jane Doe");
    await this.types("E-mail address", this.email);
    await this.types("Mobile phone number", "+33612345678");
    await this.presses("Create account");
    await this.sees("Choose your password");
  }

  async choosesPassword() {
    await this.types("Temporary password", await this.readsMail("Your account is ready"));
    await this.types("New password", this.password);
    await this.presses("Set password");
    await this.sees("Set up your authenticator");
  }

  /** Types the secret that is shown into the phone. */
  async scans() {
    this.authenticator = new Authenticator(await this.page.locator("#totp-secret").textContent());
  }

  async confirmsFirstCode() {
    await this.types("First code", this.authenticator.code());
    await this.presses("Confirm");
    await this.sees("Sign in");
  }

  async signsIn() {
    await this.types("E-mail address", this.email);
    await this.types("Password", this.password);
    await this.presses("Sign in");
    await this.sees("Enter your code");
    await this.types("Code of your authenticator", this.authenticator.code());
    await this.presses("Sign in");
    await this.sees("Who am I");
  }

  /** From nothing to signed in. */
  async becomesUser() {
    await this.registers();
    await this.choosesPassword();
    await this.scans();
    await this.confirmsFirstCode();
    await this.signsIn();
  }

  async signsOut() {
    await this.presses("Sign out");
    await this.sees("Sign in");
  }
}
