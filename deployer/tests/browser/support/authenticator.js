// The app on a person's phone that shows six digits (RFC 6238). Owns which of its codes were used: Cognito takes each
// once.

import { createHmac } from "node:crypto";

const STEP = 30;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function decoded(secret) {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

/** An authenticator with the secret that the page shows. */
export class Authenticator {
  #key;
  #used = new Set();

  constructor(secret) {
    this.#key = decoded(secret);
  }

  #at(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const hash = createHmac("sha1", this.#key).update(counter).digest();
    const digits = hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff;
    return String(digits % 1_000_000).padStart(6, "0");
  }

  /**
   * A code that was not used before. Cognito takes that of the next step, too, so two can be had without waiting, and
   * no test needs more.
   */
  code() {
    const step = Math.floor(Date.now() / 1000 / STEP);
    const free = [step, step + 1].find((it) => !this.#used.has(it));
    if (free === undefined)
      throw new Error("both codes of this moment were used: a test that needs a third has to wait");
    this.#used.add(free);
    return this.#at(free);
  }

  /** A code that is none of those that may be right. */
  wrong() {
    const step = Math.floor(Date.now() / 1000 / STEP);
    const right = [-2, -1, 0, 1, 2].map((offset) => this.#at(step + offset));
    return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.includes(code));
  }
}
