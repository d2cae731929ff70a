/** The worker as a real process, under Deno with its permissions or under Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../../", import.meta.url));

/** Deno itself: through its npm launcher, the process's id would be the launcher's. */
export function denoBinary(): string {
  return process.env["DENO_BINARY"] ?? require("deno/install_api.cjs").runInstall();
}

export type RuntimeName = "deno" | "node";

/** What an edge worker may do: reach the network, read its settings, and nothing else. */
export const EDGE_PERMISSIONS = ["--allow-net", "--allow-env"];
/** With an embedded database it also loads the native library and uses files. */
export const EMBEDDED_PERMISSIONS = [
  ...EDGE_PERMISSIONS,
  "--allow-ffi",
  "--allow-read",
  "--allow-write",
  "--allow-sys",
];

export interface WorkerProcess {
  process: ChildProcess;
  /** Each line of stdout, read as JSON. */
  events: Record<string, unknown>[];
  stderr(): string;
  /** Resolves with the first event of that name; rejects when the process ends before. */
  event(name: string): Promise<Record<string, unknown>>;
  /** Resolves when it has ended: its exit code, or the signal. */
  ended: Promise<number | string>;
}

export function spawnWorker(
  runtime: RuntimeName,
  environment: Record<string, string>,
  permissions: string[] = EDGE_PERMISSIONS,
): WorkerProcess {
  const [command, ...options] = runtime === "deno"
    ? [denoBinary(), "run", "--no-prompt", ...permissions]
    : [process.execPath, "--import", "tsx"];
  const child = spawn(command!, [...options, `${root}worker/main.ts`], {
    cwd: root,
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1" },
      STOP_WITH_STDIN: "1",
      ...environment,
    },
    // The pipe to its standard input ends with this process, however that ends.
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // Nothing is ever written there.
  const events: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => stderr += text);
  createInterface({ input: child.stdout }).on("line", (line) => {
    events.push(JSON.parse(line));
    wake();
  });
  const ended = once(child, "close").then(([code, signal]) => {
    const end = (code ?? signal) as number | string;
    hasEnded = end;
    wake();
    return end;
  });
  let hasEnded: number | string | undefined;

  function event(name: string): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = events.find((other) => other["event"] === name);
        if (!found && hasEnded === undefined) return;
        waiting.delete(look);
        if (found) resolve(found);
        else reject(new Error(`the worker ended with ${hasEnded} before ${name}: ${stderr}`));
      };
      waiting.add(look);
      look();
    });
  }
  return { process: child, events, stderr: () => stderr, event, ended };
}
