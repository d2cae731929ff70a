/** The real processes: bridge (Node), worker (Deno); on free ports, in folders of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bridgeProgram, type Program, workerProgram } from "../../scripts/programs.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A process that has said that it listens. */
export interface Running {
  child: ChildProcess;
  /** What it wrote so far, both streams. */
  output(): string;
  /** The JSON line it wrote when it listened. */
  listening: Record<string, string>;
  /** Ends it with a signal and waits until it is gone; its exit code, or the signal. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

export type Environment = Record<string, string>;

const clean = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/" };

/** Starts a program and waits for a line of its output that matches. */
export async function launch(
  command: string,
  args: string[],
  environment: Environment,
  ready: RegExp,
): Promise<Running> {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...clean, ...environment },
    // The pipe to its standard input ends with this process, however that ends.
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // Nothing is ever written there.
  let output = "";
  const gone = once(child, "exit");
  const line = await new Promise<string>((resolve, reject) => {
    const read = (piece: Buffer) => {
      output += piece;
      const found = output.split("\n").find((line) => ready.test(line));
      if (found) resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`${command} ended with ${code}: ${output}`)));
    child.on("error", reject);
  });
  return {
    child,
    output: () => output,
    listening: line.startsWith("{") ? JSON.parse(line) : {},
    async end(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await gone;
      }
      return child.exitCode ?? child.signalCode!;
    },
  };
}

const listening = /^\{.*"event":"listening"/;

/** The worker; with a remote database it has the network and its settings, and nothing else. */
export function startWorker(environment: Environment): Promise<Running> {
  return startProgram(workerProgram(environment));
}

/** @param built the folder it was built into, to start that and not this tree */
export function startBridge(environment: Environment, built?: string): Promise<Running> {
  return startProgram(bridgeProgram(environment, built));
}

function startProgram({ command, args, environment }: Program): Promise<Running> {
  const stopping = { STOP_WITH_STDIN: "1", ...environment } as Environment;
  return launch(command, args, stopping, listening);
}
