// The app on a person's phone that shows six digits (RFC 6238). Owns which of its codes were used: Cognito takes each once.

import { createHmac } from "node:crypto";

const STEP = 30;
/** How much of a step must be left for the code of the step before to arrive in time. */
const IN_TIME = 15;
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

  /** A code that was not used before. Cognito takes those of the steps beside the present one, too, so three can be had without waiting. */
  code() {
    const now = Date.now() / 1000;
    const step = Math.floor(now / STEP);
    const steps = STEP - (now % STEP) > IN_TIME ? [step, step + 1, step - 1] : [step, step + 1];
    const free = steps.find((it) => !this.#used.has(it));
    if (free === undefined) throw new Error("all codes of this moment were used: a test that needs a fourth has to wait");
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
