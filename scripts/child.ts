/** One running program: its lines, when it listens, how it ends. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Program } from "./programs.ts";

/** How a program ended; `error` when it could not be started. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: Error;
}

/** What a program said when it listened. */
export type Listening = Record<string, unknown>;

export interface Child {
  name: string;
  pid: number | undefined;
  /** Rejects when the program ends before it listens. */
  listening: Promise<Listening>;
  ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the program; `log` gets each line it writes, from both streams. */
export function startChild(program: Program, log: (name: string, line: string) => void): Child {
  const { name, command, args, environment } = program;
  // The pipe to its standard input ends with this process, however that ends.
  const child = spawn(command, args, {
    env: { ...environment, STOP_WITH_STDIN: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}); // Nothing is ever written there.
  // For a program that does not heed it.
  const killOrphan = () => child.kill("SIGTERM");
  process.once("exit", killOrphan);

  let heardListening: (listening: Listening) => void;
  const said = new Promise<Listening>((resolve) => heardListening = resolve);
  createInterface(child.stdout).on("line", (line) => {
    log(name, line);
    const listening = listeningLine(line);
    if (listening) heardListening(listening);
  });
  createInterface(child.stderr).on("line", (line) => log(name, line));

  const ended = new Promise<Ending>((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  ended.then(() => process.off("exit", killOrphan));
  const listening = Promise.race([
    said,
    ended.then((ending) => Promise.reject(new Error(`The ${name} ${describeEnding(ending)}.`))),
  ]);
  listening.catch(() => {}); // whoever waits for it hears of it; nobody has to
  return { name, pid: child.pid, listening, ended, kill: (signal) => void child.kill(signal) };
}

/** `ended with exit code 1`, `was ended by SIGKILL`, `could not be started (…)`. */
export function describeEnding(ending: Ending): string {
  if (ending.error) return `could not be started (${ending.error.message})`;
  return ending.signal ? `was ended by ${ending.signal}` : `ended with exit code ${ending.code}`;
}

function listeningLine(line: string): Listening | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const event = JSON.parse(line);
    return event.event === "listening" ? event : undefined;
  } catch {
    return undefined;
  }
}
