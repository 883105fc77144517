// The demo app for an environment that is deployed, here to the local AWS, and answers at its own domain.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { PAGES, look, open } from "../support/browser.js";
import { BINARY, DEMO_APP, ROOT, start } from "../support/cogapi.js";
import { Person } from "../support/person.js";

const AWS = PAGES.replace("localhost", "127.0.0.1");
const DOMAIN = "auth.example.com";

/** The local AWS looks at whose key it is, not at what it signs. */
async function hostedZone() {
  const reply = await fetch(`${AWS}/2013-04-01/hostedzone`, {
    method: "POST",
    headers: {
      Authorization:
        "AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: "<CreateHostedZoneRequest><Name>example.com</Name><CallerReference>browser</CallerReference></CreateHostedZoneRequest>",
  });
  const [, id] = (await reply.text()).match(/\/hostedzone\/(\w+)</) ?? [];
  assert.ok(id, `no hosted zone: status ${reply.status}`);
  return id;
}

const configuration = (zone) => `
[aws]
region = "eu-west-1"
[state]
bucket = "browser-tests-state"
[api]
name = "browser-tests"
description = "An API with a domain"
cors_origins = ["*"]
[domain]
name = "${DOMAIN}"
certificate = "${DOMAIN}"
zone_name = "example.com"
zone_id = "${zone}"
[email]
from = "no-reply@example.com"
[functions]
architecture = "host"
[protection]
deletion = false
`;

test("the demo app works against a deployed API at its own domain", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "cogapi-environments-"));
  const env = {
    COGAPI_ENVIRONMENTS: folder,
    ENVIRONMENT: "shop",
    AWS_ENDPOINT_URL: AWS,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const cogapi = (...args) => {
    const ran = spawnSync(BINARY, args, { cwd: ROOT, env: { ...process.env, ...env }, encoding: "utf8" });
    assert.equal(ran.status, 0, `cogapi ${args.join(" ")}: ${ran.stderr}`);
    return ran.stdout;
  };
  await writeFile(join(folder, "shop.toml"), configuration(await hostedZone()));
  cogapi("deploy", "--yes");
  t.after(async () => {
    cogapi("destroy", "--yes");
    await rm(folder, { recursive: true });
  });
  const demo = await start(["demo", "--port", "0"], DEMO_APP, env);
  t.after(() => demo.stop());
  // The name leads to this machine, as DNS would lead it to AWS. There is no TLS here, so http it is.
  const page = await open(t, demo.told, { flags: [`--host-resolver-rules=MAP ${DOMAIN}:80 ${new URL(AWS).host}`] });
  const jane = new Person(page);
  await jane.sees("Sign in");
  await page.locator("#connection").getByText(`https://${DOMAIN}`).waitFor();
  assert.equal(await page.getByRole("link", { name: "Mailbox" }).count(), 0, "there is no mailbox of a deployed API");
  assert.equal(
    await page.getByRole("button", { name: "Sign in with a passkey" }).count(),
    0,
    "this API has no passkeys",
  );
  await page.getByText("Change", { exact: true }).click();
  await jane.types("Address of the API", `http://${DOMAIN}`);
  await jane.presses("Use this address");
  await jane.becomesUser();
  await look(page, "deployed");
  await jane.follows("Tokens");
  await jane.presses("Refresh the tokens");
  await jane.follows("Passkeys");
  await jane.reads(/This environment has no/);
  await jane.follows("Account");
  await jane.presses("Delete my account");
  await jane.presses("Delete it");
  await jane.reads(`The account of ${jane.email} is deleted.`);
});
