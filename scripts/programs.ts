/** The two programs of the service, as they are started in this tree. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Environment = Record<string, string | undefined>;

/** A program to start; it says `{"event":"listening",…}` on standard output when it is there. */
export interface Program {
  name: string;
  command: string;
  args: string[];
  environment: Environment;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const anotherDeno = process.env["DENO_BINARY"];

/**
 * The worker, on Deno, with no permission it can do without. Over a remote database that is the
 * network and its settings. The embedded database is a native library: it is loaded (ffi), and asks
 * which machine it is on to find the right one (sys); its files it opens by itself.
 */
export function workerProgram(environment: Environment): Program {
  const isEmbedded = /^(file:|:memory:)/.test(environment["DATABASE_URL"] ?? "file:");
  const embedded = [
    `--allow-ffi=${join(root, "node_modules", "@libsql")}`,
    // A Deno of another version may not know umask by its name, as 2.5 does not.
    anotherDeno ? "--allow-sys" : "--allow-sys=cpus,hostname,networkInterfaces,umask",
  ];
  const permissions = ["--allow-net", "--allow-env", ...(isEmbedded ? embedded : [])];
  return {
    name: "worker",
    // Deno's own binary, not npm's wrapper around it: signals and exit codes come through. Tests name
    // another one, to run the worker on the version that a platform has.
    command: anotherDeno ?? require("deno/install_api.cjs").runInstall(),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      // A slice leaves megabytes of garbage: collect it rather than grow.
      "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=20",
      `--config=${join(root, "deno.json")}`,
      ...permissions,
      join(root, "worker", "main.ts"),
    ],
    environment: { NO_COLOR: "1", ...environment },
  };
}

/** The bridge, on Node: as it is in this tree, or as it was built into a folder. */
export function bridgeProgram(environment: Environment, built?: string): Program {
  const code = built === undefined
    ? ["--import", import.meta.resolve("tsx"), join(root, "bridge", "main.ts")]
    : ["--enable-source-maps", join(built, "bridge.mjs")];
  return {
    name: "bridge",
    command: process.execPath,
    args: [
      // An upload is much short-lived garbage: a small young generation is enough for it. V8 counts the
      // buffers on top of a heap that is small, and would collect all of it every ten mebibytes.
      "--max-semi-space-size=1",
      "--heap-growing-percent=200",
      ...code,
    ],
    environment,
  };
}
