// Runs the browser tests against a `cogapi local` of its own, and demands that nothing of it stays. With arguments,
// only those files. COGAPI_PAGES=http://localhost:4580 takes one that runs already.

import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { startLocal } from "./support/cogapi.js";

const HERE = dirname(fileURLToPath(import.meta.url));

async function testFiles() {
  if (process.argv.length > 2) return process.argv.slice(2);
  const folders = ["unit", "pages"].map(async (folder) =>
    (await readdir(join(HERE, folder))).map((name) => join(HERE, folder, name)),
  );
  return (await Promise.all(folders)).flat().filter((name) => name.endsWith(".test.js"));
}

function tests(files, pages) {
  const reporter = ["--test", "--test-reporter=spec", "--test-concurrency=2"];
  const child = spawn(process.execPath, [...reporter, ...files], {
    stdio: "inherit",
    env: { ...process.env, COGAPI_PAGES: pages },
  });
  return new Promise((ended) => child.on("exit", (code) => ended(code ?? 1)));
}

const files = await testFiles();
const given = process.env.COGAPI_PAGES;
const local = given ? null : await startLocal();
process.exitCode = await tests(files, given ?? local.pages);
await local?.stop();
