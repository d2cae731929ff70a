// Runs the tests: node scripts/test.mjs [--none-skipped] [part of a path …] [node's --test-… options]
// All test/**/*.test.ts, or those whose path contains one of the words given. Some need what a machine
// may lack (root, to mount a small disk; Linux on x64, for sqld) and are skipped there;
// with --none-skipped that fails the run. The summary is what comes last.
import { spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bundleTests } from "./bundled-tests.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const noneSkipped = process.argv.includes("--none-skipped");
const options = process.argv.slice(2).filter((argument) =>
  argument.startsWith("-") && argument !== "--none-skipped"
);
const words = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));

const sources = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => join("test", path))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .sort();

if (sources.length === 0) {
  console.error(`No test file's path contains ${words.map((word) => `"${word}"`).join(" or ")}.`);
  process.exit(1);
}

// A test that hangs fails, rather than the whole run.
const limits = ["--test-concurrency=2", "--test-timeout=600000"];
const node = ["--enable-source-maps", "--test", ...limits, "--test-reporter=spec"];
const { folder, files } = await bundleTests(sources);
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const tests = spawn(process.execPath, [...node, ...options, ...files], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => tests.kill(signal));

/** `tests` → 905, as the runner counted. */
const summary = new Map();
const lines = createInterface({ input: tests.stdout });
lines.on("line", (line) => {
  // deno-lint-ignore no-control-regex
  const [, name, count] = /^(?:\x1b\[\d+m)*ℹ (\w+) ([\d.]+)/.exec(line) ?? [];
  if (name) summary.set(name, count);
  console.log(line);
});
const read = new Promise((resolve) => lines.once("close", resolve));

tests.on("exit", async (code) => {
  await read;
  const strict = noneSkipped ? ["skipped", "todo"] : [];
  const left = [...strict, "cancelled"].filter((name) => Number(summary.get(name) ?? 0) > 0);
  for (const name of left) console.error(`${summary.get(name)} ${name}: every test must run.`);
  // After failures the runner lists them, which pushes its summary out of sight.
  if (code !== 0 || left.length > 0) {
    console.log([...summary].map(([name, count]) => `ℹ ${name} ${count}`).join("\n"));
  }
  process.exit(code || (left.length > 0 ? 1 : 0));
});
