// Starts `cogapi` as a user does, and stops it by a signal. Owns the processes that it starts.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
export const BINARY = join(ROOT, "target/debug/cogapi");

/** The line of its output with the demo app's address. */
export const DEMO_APP = /^Demo app\s+(http:\/\/localhost:\d+)/;

/**
 * `cogapi local` on a free port, beside one that may run here: `pages`, and `stop()`, which fails when a process stays.
 */
export async function startLocal() {
  const data = await mkdtemp(join(tmpdir(), "cogapi-browser-"));
  const running = await start(["local", "--port", "0", "--ephemeral", "--data", data], DEMO_APP);
  async function stop() {
    await running.stop();
    await rm(data, { recursive: true });
  }
  return { pages: running.told, stop };
}

/** Starts a command and waits for the line of its output that `wanted` takes something out of. */
export async function start(args, wanted, env = {}) {
  // A group of its own: a Ctrl-C at the terminal is ours to hand on.
  const child = spawn(BINARY, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
  const stopped = () => child.kill("SIGINT");
  process.once("exit", stopped);
  process.once("SIGINT", () => process.exit(130));
  const told = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(wanted);
      if (found) resolve(found[1]);
    });
    ended.then(({ code }) => reject(new Error(`cogapi ${args.join(" ")} ended with ${code} before it was ready`)));
  });
  async function stop() {
    const children = await descendants(child.pid);
    process.off("exit", stopped);
    stopped();
    const { code, signal } = await ended;
    if (code !== 0) throw new Error(`cogapi ${args.join(" ")} ended with ${code ?? signal}`);
    const left = (await processes()).filter(({ pid }) => children.some((known) => known.pid === pid));
    if (left.length > 0)
      throw new Error(`these processes stayed: ${left.map(({ pid, command }) => `${pid} ${command}`).join(", ")}`);
  }
  return { told, stop };
}

async function descendants(pid) {
  const all = await processes();
  const found = all.filter(({ parent }) => parent === pid);
  for (const child of found) found.push(...all.filter(({ parent }) => parent === child.pid));
  return found;
}

/** What runs, where /proc tells it; ended processes that nobody has asked for their result don't. */
async function processes() {
  const names = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(names.map((name) => readFile(`/proc/${name}/stat`, "utf8").catch(() => "")));
  return all.flatMap((stat) => {
    const [, pid, command, state, parent] = stat.match(/^(\d+) \((.*)\) (\S) (\d+)/s) ?? [];
    return pid && state !== "Z" ? [{ pid: Number(pid), command, parent: Number(parent) }] : [];
  });
}
