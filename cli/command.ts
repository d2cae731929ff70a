/** A command: its words, and what it does with the worker. */
import { Command } from "commander";
import { type Api, makeApi } from "./api.ts";
import { readCredentials } from "./credentials.ts";
import { showOne } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export type { Command };

/** Options that every command has. */
export interface Options {
  json?: boolean;
  // deno-lint-ignore no-explicit-any -- each command names its own beside it
  [name: string]: any;
}

/** Resolves to the exit code, 0 if to nothing. */
export type Run = (
  api: Api,
  args: string[],
  options: Options,
) => Promise<number | void>;

/** Resolves to the thing that is shown. */
export type Answer = (api: Api, args: string[], options: Options) => Promise<object>;

/**
 * Adds a command that asks the worker. `words` is its name and its arguments as commander reads them:
 * `<needed>`, `[optional]`, `[several...]`.
 */
export function ask(
  parent: Command,
  terminal: Terminal,
  words: string,
  says: string,
  run: Run,
): Command {
  const command = addCommand(parent, words, says);
  // commander hands over the arguments, then the options, then the command.
  return command.action(async (...given: unknown[]) => {
    const args = given.slice(0, -2).flat().filter((it): it is string => it !== undefined);
    const api = makeApi(await readCredentials(terminal));
    const code = await run(api, args, command.optsWithGlobals<Options>());
    if (code) process.exitCode = code;
  });
}

/** Adds a command that asks the worker for one thing, and shows it. */
export function askOne(
  parent: Command,
  terminal: Terminal,
  words: string,
  says: string,
  answer: Answer,
): Command {
  return ask(parent, terminal, words, says, async (api, args, options) => {
    showOne(terminal, await answer(api, args, options), options);
  });
}

/** A command with `--json`, as all have it. */
export function addCommand(parent: Command, words: string, says: string): Command {
  return parent.command(words).description(says).option("--json", "the answer as JSON");
}
