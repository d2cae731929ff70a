/** A file that the worker has, saved into one here or written to standard output. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ask, type Command } from "./command.ts";
import { exitCodes, Failure } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

type FilePath =
  | "/admin/uploads/{id}/report"
  | "/admin/uploads/{id}/rejected.csv"
  | "/admin/exports/{id}/file";

/** Adds a command that asks the worker for a file of what `<id>` names. */
export function askFile(
  parent: Command,
  terminal: Terminal,
  words: string,
  says: string,
  path: FilePath,
): void {
  ask(parent, terminal, words, says, async (api, [id], options) => {
    const answer = await api.raw(path, { params: { path: { id: id! } } });
    await save(answer, terminal, options["output"]);
  }).option("-o, --output <file>", "into a file, else to standard output");
}

/** A file that is there already is not overwritten. */
async function save(answer: Response, terminal: Terminal, file?: string): Promise<void> {
  const bytes = Readable.fromWeb(answer.body as import("node:stream/web").ReadableStream);
  if (file === undefined) return await pipeline(bytes, terminal.stdout, { end: false });
  try {
    await pipeline(bytes, createWriteStream(file, { flags: "wx" }));
  } catch (error) {
    throw new Failure(`${file} was not written: ${(error as Error).message}.`, exitCodes.refused);
  }
  terminal.stdout.write(`${file}\n`);
}
