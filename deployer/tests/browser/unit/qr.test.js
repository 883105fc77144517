// The QR code says what was put into it, as another reader reads it.

import assert from "node:assert/strict";
import { test } from "node:test";

import jsqr from "jsqr";

import { format, qr, remainder } from "../../../web/demo/qr.js";

const QUIET = 4;
const SCALE = 4;

/** What a camera would see. */
function picture(modules) {
  const side = (modules.length + 2 * QUIET) * SCALE;
  const pixels = new Uint8ClampedArray(4 * side * side).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const dark = modules[Math.floor(y / SCALE) - QUIET]?.[Math.floor(x / SCALE) - QUIET];
      if (dark) pixels.fill(0, 4 * (y * side + x), 4 * (y * side + x) + 3);
    }
  }
  return [pixels, side, side];
}

const read = (text) => jsqr(...picture(qr(text)))?.data;

test("an otpauth address is read as it was written", () => {
  const uri =
    "otpauth://totp/CognitoApi%3Ajane%2Bdemo@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=CognitoApi";
  assert.equal(read(uri), uri);
});

// ISO/IEC 18004, table 7: bytes that fit into version 1, 2, … 20 at level M.
const CAPACITY = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666];

test("each version is filled to its last byte and read", () => {
  CAPACITY.forEach((capacity, index) => {
    const text = Array.from({ length: capacity }, (_, at) => String.fromCharCode(33 + ((at * 31) % 90))).join("");
    assert.equal(qr(text).length, 21 + 4 * index, `version ${index + 1}`);
    assert.equal(read(text), text, `version ${index + 1}`);
  });
});

test("a text that fits into no version is refused", () => {
  assert.throws(() => qr("a".repeat(CAPACITY.at(-1) + 1)), RangeError);
});

test("letters beyond ASCII are bytes of UTF-8", () => {
  assert.equal(read("otpauth://totp/Société%3Aжаннет@example.com"), "otpauth://totp/Société%3Aжаннет@example.com");
});

test("error correction is that of the standard's example", () => {
  // ISO/IEC 18004, annex I: "01234567" in version 1-M.
  const block = [0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11];
  assert.deepEqual(remainder(block, 10), [0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55]);
});

test("the format is that of the standard's table", () => {
  // ISO/IEC 18004, annex C: level M with mask 0 to 7.
  const table = [0x5412, 0x5125, 0x5e7c, 0x5b4b, 0x45f9, 0x40ce, 0x4f97, 0x4aa0];
  assert.deepEqual(
    table.map((_, mask) => format(mask)),
    table,
  );
});
