// Every code that the API documents means something to the person at the page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Foreign, Refused, Unreachable } from "../../../web/demo/api.js";
import { explain } from "../../../web/demo/errors.js";
import { ROOT } from "../support/cogapi.js";

const WHERE = { address: "http://127.0.0.1:4580", origin: "http://localhost:3000" };

test("every code of the contract has a sentence of the page's own", async () => {
  const documents = await readFile(`${ROOT}/docs/endpoints.md`, "utf8");
  const rows = [...documents.matchAll(/^\| (\d{3}) \| `(\w+)`(?: \*)? \| (.+) \|$/gm)];
  assert.ok(rows.length > 10, `${rows.length} codes in docs/endpoints.md`);
  for (const [, status, code, message] of rows) {
    const { says } = explain(new Refused(Number(status), { code, message, request_id: "r-1" }, 2), WHERE);
    assert.ok(says && says !== message, `${code} has no sentence`);
  }
});

test("a code that the page does not know is told in the API's words, with its request id", () => {
  const { says, detail } = explain(
    new Refused(418, { code: "teapot", message: "I am a teapot.", request_id: "r-1" }, 2),
    WHERE,
  );
  assert.equal(says, "I am a teapot.");
  assert.deepEqual(detail, ["teapot, status 418, request r-1"]);
});

test("when nothing answers, what to check depends on where the API is", () => {
  const told = (address, origin) => explain(new Unreachable(), { address, origin }).detail.join(" ");
  assert.match(
    told("http://127.0.0.1:4580", "http://localhost:3000"),
    /cogapi local.*cors_origins have "http:\/\/localhost:3000"/s,
  );
  assert.doesNotMatch(told("http://127.0.0.1:4580", "http://127.0.0.1:4580"), /cors_origins/);
  assert.match(told("http://auth.example.com", "https://app.example.com"), /came by https/);
  assert.doesNotMatch(told("https://auth.example.com", "https://app.example.com"), /cogapi local|came by https/);
});

test("only a throttled request says how long to wait", () => {
  const refused = (code) => explain(new Refused(429, { code }, 7), WHERE).retryAfter;
  assert.equal(refused("too_many_requests"), 7);
  assert.equal(refused("internal"), undefined);
});

test("what is not this API is called so", () => {
  assert.match(explain(new Foreign(404), WHERE).says, /is not this API.*404/);
});
