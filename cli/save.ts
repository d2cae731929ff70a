/** Writes an answer's bytes to a file, or to standard output. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { exitCodes, Failure } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** A file that is there already is not overwritten. */
export async function save(answer: Response, terminal: Terminal, file?: string): Promise<void> {
  const bytes = Readable.fromWeb(answer.body as import("node:stream/web").ReadableStream);
  if (file === undefined) return await pipeline(bytes, terminal.stdout, { end: false });
  try {
    await pipeline(bytes, createWriteStream(file, { flags: "wx" }));
  } catch (error) {
    throw new Failure(`${file} was not written: ${(error as Error).message}.`, exitCodes.refused);
  }
  terminal.stdout.write(`${file}\n`);
}
