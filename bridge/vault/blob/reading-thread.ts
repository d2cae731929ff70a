/**
 * The thread that reads and decrypts what will be asked for next, so that the one that serves the
 * clients need not. It is told what by bridge/vault/blob/runs.ts, keeps nothing between two runs
 * of chunks, and puts plain bytes into memory that both threads share.
 */
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { CHUNK_BYTES, openEntry } from "./format.ts";
import type { Opened, SealedRun } from "./runs.ts";

const memory = new Uint8Array(workerData as SharedArrayBuffer);
let sealed = Buffer.alloc(0);

function open({ fd, key, position, length, entries, place }: SealedRun): boolean[] {
  if (sealed.length < length) sealed = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const bytesRead = readSync(fd, sealed, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return entries.map(({ at, bytes }, number) => {
    if (at + bytes > filled) return false;
    const plain = openEntry({ key: Buffer.from(key) }, sealed.subarray(at, at + bytes));
    if (plain) memory.set(plain, place + number * CHUNK_BYTES);
    return plain !== undefined;
  });
}

parentPort!.on("message", (run: SealedRun) => {
  let opened: boolean[] | undefined;
  try {
    opened = open(run);
  } catch {
    // The disk does not give it: who asked tries by itself, and has the error.
  }
  parentPort!.postMessage({ run: run.run, opened } satisfies Opened);
});
parentPort!.postMessage("ready");
