/** The command line: words and environment → a command (its exit codes: cli/exit-codes.ts). */
import { CommanderError } from "commander";
import { homedir } from "node:os";
import { join } from "node:path";
import { exitCodes, Failure } from "./exit-codes.ts";
import { makeProgram } from "./program.ts";

const { env: environment, stdin, stdout, stderr, argv } = process;

const program = makeProgram({
  stdin,
  stdout,
  stderr,
  environment,
  configFolder: environment["XDG_CONFIG_HOME"] || join(homedir(), ".config"),
  now: Date.now,
});

// A reader that has seen enough (`| head`) is no failure.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
});

try {
  await program.parseAsync(argv);
} catch (error) {
  if (error instanceof Failure) {
    if (argv.includes("--json") && error.problem) {
      stderr.write(`${JSON.stringify(error.problem)}\n`);
    } else stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  } else if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  } else throw error;
}
