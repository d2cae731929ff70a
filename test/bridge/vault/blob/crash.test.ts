import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { Blob, newBlobId } from "../../../../bridge/vault/blob/blob.ts";
import { afterCall, CRASH_OPTIONS, crashCalls, seededRandom } from "./crash-calls.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const child = fileURLToPath(new URL("crash-child.ts", import.meta.url));
const ROUNDS = 6;

test("after kill -9 everything up to the last sync is intact, round after round", async (t) => {
  const folder = await temporaryFolder(t);
  const id = newBlobId();
  const key = "5a".repeat(32);
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1e6);
  t.diagnostic(`CRASH_SEED=${seed}`);
  const random = seededRandom(seed);
  let content: Buffer = Buffer.alloc(0);
  for (let round = 0; round < ROUNDS; round++) {
    const roundSeed = seed + round;
    const syncs = 1 + Math.floor(random() * 30);
    const synced = await writeUntilKilled(
      [folder, id, key, String(roundSeed)],
      syncs,
      random() * 20,
    );
    const found = await contentOf(folder, id, key);
    assertIsFromSyncOn(found, content, roundSeed, synced);
    content = found;
  }
});

async function contentOf(folder: string, id: string, key: string): Promise<Buffer> {
  const blob = await Blob.open(folder, id, Buffer.from(key, "hex"), CRASH_OPTIONS);
  assert.deepEqual((await blob.verify()).damaged, []);
  const bytes = await blob.read(0, CRASH_OPTIONS.maxBytes);
  await blob.close();
  return bytes;
}

/** Kills the child some time after so many syncs; how many calls the last one it told of covered. */
async function writeUntilKilled(
  args: string[],
  syncs: number,
  milliseconds: number,
): Promise<number> {
  const writer = spawn(process.execPath, ["--import", "tsx", child, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let synced = 0;
  let told = 0;
  createInterface(writer.stdout).on("line", (line) => {
    synced = Number(line);
    // Not a wait for something: the moment of the crash is what is random here.
    if (told++ === syncs) setTimeout(() => writer.kill("SIGKILL"), milliseconds);
  });
  const [code, signal] = await once(writer, "close");
  assert.equal(signal, "SIGKILL", `the writer ended by itself with ${code}`);
  return synced;
}

/**
 * Each byte found is one that the file had at the last sync or after a call between it and the next
 * one, and the size lies within their sizes.
 */
function assertIsFromSyncOn(found: Buffer, before: Buffer, seed: number, synced: number): void {
  let state = before;
  let made = 0;
  const isExplained = new Uint8Array(found.length);
  let [smallest, largest] = [Infinity, 0];
  for (const call of crashCalls(seed)) {
    if (made >= synced) explain();
    if (made > synced && call.type === "sync") break;
    state = afterCall(state, call);
    made++;
  }
  const wrong = isExplained.indexOf(0);
  assert.equal(wrong, -1, `byte ${wrong} of ${found.length} was never there since the last sync`);
  assert.ok(found.length >= smallest && found.length <= largest);

  function explain(): void {
    smallest = Math.min(smallest, state.length);
    largest = Math.max(largest, state.length);
    for (let at = 0; at < Math.min(found.length, state.length); at++) {
      if (found[at] === state[at]) isExplained[at] = 1;
    }
  }
}
