// The mailbox: what arrives, how it is shown, and that nothing of a mail runs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PAGES, look, open } from "../support/browser.js";
import { Person } from "../support/person.js";

test("a mail appears by itself, and its password is one click to copy", async (t) => {
  const mailbox = await open(t, `${PAGES}/mail`);
  await mailbox.getByRole("status").getByText("Live", { exact: true }).waitFor();
  const jane = new Person(await mailbox.context().newPage());
  await jane.page.goto(PAGES);
  await jane.registers();
  const mail = mailbox.getByRole("article").filter({ hasText: jane.email });
  await mail.waitFor();
  await mail.getByRole("button", { name: "Copy Temporary password" }).click();
  await mail.getByText("Copied", { exact: true }).waitFor();
  const copied = await mailbox.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, await mail.locator(".secrets code").textContent());
  assert.equal(await mailbox.locator("#announcer").textContent(), "New mail: Your account is ready");
  await look(mailbox, "mailbox");
  await mail.getByText("Its text").click();
  await mail.getByRole("group", { name: "Text of the mail" }).getByText(copied).waitFor();
});

const EVIL = `<p style="color: rgb(1, 2, 3)">Code: <strong>123456</strong></p><script>parent.document.title = "evil"</script>
  <img src="x" onerror="parent.document.title = 'evil'"><form action="/evil"><button>Send</button></form>`;

test("nothing of a mail runs, and its own look is kept", async (t) => {
  // That the browser refuses to run it, it says in the console.
  const expected =
    /^Failed to load resource|^Executing inline event handler violates|^Blocked script execution in 'about:srcdoc'/;
  const page = await open(t, "about:blank", { expected });
  const mail = {
    id: "m-1",
    to: ["jane@example.com"],
    subject: "<b>Hello</b>",
    text: "",
    html: EVIL,
    at: new Date().toISOString(),
  };
  await page.route("**/_cogapi/mail", (route) => route.fulfill({ json: [mail] }));
  await page.goto(`${PAGES}/mail`);
  await page.getByRole("heading", { name: "<b>Hello</b>" }).waitFor();
  const frame = page.frameLocator("iframe");
  const colour = await frame.locator("p").evaluate((it) => getComputedStyle(it).color);
  assert.equal(colour, "rgb(1, 2, 3)");
  assert.equal(await page.title(), "Mailbox · cogapi");
  assert.equal(await page.locator("iframe").getAttribute("sandbox"), "");
});

test("without events it asks, and says so", async (t) => {
  const page = await open(t, "about:blank");
  let list = [];
  await page.route("**/_cogapi/events", (route) => route.abort());
  await page.route("**/_cogapi/mail", (route) => route.fulfill({ json: list }));
  await page.goto(`${PAGES}/mail`);
  await page.getByText("Asks every 3 s").waitFor();
  await page.getByText("No mail yet.").waitFor();
  await look(page, "mailbox-empty");
  list = [
    {
      id: "m-1",
      to: ["jane@example.com"],
      subject: "Later",
      text: "Your MFA reset code is 12345678.",
      html: "",
      at: new Date().toISOString(),
    },
  ];
  await page.getByRole("heading", { name: "Later" }).waitFor();
  await page.getByText("12345678", { exact: true }).waitFor();
  await page.unroute("**/_cogapi/mail");
  await page.route("**/_cogapi/mail", (route) => route.abort());
  await page.getByText("cogapi local does not answer").waitFor();
});
