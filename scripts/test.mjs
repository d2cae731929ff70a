// Runs the tests: node scripts/test.mjs [part of a path …] [node's own --test-… options]
// All test/**/*.test.ts, or those whose path contains one of the words given.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const options = process.argv.slice(2).filter((argument) => argument.startsWith("-"));
const words = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));

const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => join("test", path))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .sort();

if (files.length === 0) {
  console.error(`No test file's path contains ${words.map((word) => `"${word}"`).join(" or ")}.`);
  process.exit(1);
}

const node = ["--import", "tsx", "--test", "--test-concurrency=2", "--test-reporter=spec"];
const tests = spawn(process.execPath, [...node, ...options, ...files], {
  cwd: root,
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => tests.kill(signal));
tests.on("exit", (code) => process.exit(code ?? 1));
