// Somebody at the demo app: reads what it says, fills in, presses. Knows the pages by what a person sees, never by
// their insides.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import jsqr from "jsqr";

import { Authenticator } from "./authenticator.js";
import { PAGES } from "./browser.js";

const unique = () => randomBytes(6).toString("hex");

export const newPassword = () => `Correct-Horse-7-${unique()}`;

const PICTURE = 400;

/** What a camera reads from a drawing on the page. */
async function scanned(drawing) {
  // One digit a pixel: the way out of the browser is slow.
  const seen = await drawing.evaluate(async (svg, side) => {
    const copy = svg.cloneNode(true);
    copy.setAttribute("width", side);
    copy.setAttribute("height", side);
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side }).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, side, side);
    return Array.from({ length: side * side }, (_, at) => (data[4 * at] > 127 ? 1 : 0)).join("");
  }, PICTURE);
  const pixels = [...seen].flatMap((digit) => (digit === "1" ? [255, 255, 255, 255] : [0, 0, 0, 255]));
  const found = jsqr(Uint8ClampedArray.from(pixels), PICTURE, PICTURE);
  assert.ok(found, "the QR code can't be read");
  return found.data;
}

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

  /** Types the secret that is shown into the phone; the QR code must say the same. */
  async scans() {
    const secret = await this.page.locator("#totp-secret").textContent();
    const uri = await scanned(this.page.getByRole("img", { name: "QR code for an authenticator app" }));
    const { searchParams, pathname } = new URL(uri);
    assert.equal(searchParams.get("secret"), secret);
    assert.ok(decodeURIComponent(pathname).endsWith(`:${this.email}`), uri);
    this.authenticator = new Authenticator(secret);
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

  /** From nothing to the sign-in, with a password and an authenticator. */
  async enrols() {
    await this.registers();
    await this.choosesPassword();
    await this.scans();
    await this.confirmsFirstCode();
  }

  /** From nothing to signed in. */
  async becomesUser() {
    await this.enrols();
    await this.signsIn();
  }

  async signsOut() {
    await this.presses("Sign out");
    await this.sees("Sign in");
  }
}
