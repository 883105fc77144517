// A real Chromium, and what every view must be: free of violations of accessibility, without sideways scrolling, and on
// a picture.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import axe from "axe-core";
import { chromium } from "playwright-core";

import { ROOT } from "./cogapi.js";

const SCREENSHOTS = join(ROOT, "target/screenshots");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const DESKTOP = { width: 1280, height: 900 };
const LOOKS = [
  ["light", "phone", { width: 390, height: 844 }],
  ["dark", "phone", { width: 390, height: 844 }],
  ["dark", "desktop", DESKTOP],
  ["light", "desktop", DESKTOP],
];
/** The narrowest that pages must be usable at (WCAG 2.2, 1.4.10). */
const NARROWEST = { width: 320, height: 640 };

/** Where the pages are. */
export const PAGES = process.env.COGAPI_PAGES;

/**
 * A page in a browser and a profile of its own. The test fails at its end when the page had an error, a script's or of
 * what it may load, that is not `expected`. `flags` are more of Chromium's.
 * @param {import("node:test").TestContext} t
 */
export async function open(t, url = PAGES, { expected = /^Failed to load resource/, flags = [] } = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, ...flags],
  });
  const context = await browser.newContext({
    viewport: DESKTOP,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(20_000);
  const errors = [];
  context.on("weberror", (error) => errors.push(error.error().message));
  context.on("console", (message) => {
    // That a request was refused is no error of the page.
    if (message.type() === "error" && !expected.test(message.text())) errors.push(message.text());
  });
  const page = await context.newPage();
  t.after(async () => {
    await browser.close();
    assert.deepEqual(errors, []);
  });
  await page.goto(url);
  return page;
}

/** Looks at what is shown, light and dark, on a phone and on a desk. */
export async function look(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.setViewportSize(NARROWEST);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= NARROWEST.width, `${name} is ${width} wide at ${NARROWEST.width}`);
  for (const [scheme, device, viewport] of LOOKS) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(viewport);
    await page.evaluate(axe.source);
    // Mails are in frames that nothing can run in, axe neither.
    const { violations } = await page.evaluate(() => globalThis.axe.run({ exclude: ["iframe"] }, { iframes: false }));
    const told = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`,
    );
    assert.deepEqual(told, [], `${name}, ${scheme}, ${device}`);
    // A dialog covers only what is seen, and a mail's frame is drawn only there.
    const fullPage = (await page.locator("dialog, iframe").count()) === 0;
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${scheme}-${device}.png`), fullPage });
  }
}
