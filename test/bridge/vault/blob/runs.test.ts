import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Blob, BlobDamaged, newBlobId } from "../../../../bridge/vault/blob/blob.ts";
import { blobPath } from "../../../../bridge/vault/blob/files.ts";
import {
  CHUNK_BYTES,
  ENTRY_OVERHEAD,
  PREAMBLE_BYTES,
} from "../../../../bridge/vault/blob/format.ts";
import { endReadingThread, readingThread } from "../../../../bridge/vault/blob/runs.ts";
import { until } from "../../../until.ts";

const CHUNKS = 40;
const LAST = 1234;
const key = randomBytes(32);
const options = { maxBytes: 2 ** 30 };
const folder = await mkdtemp(join(tmpdir(), "rosterbridge-runs-"));
after(async () => {
  await endReadingThread();
  await rm(folder, { recursive: true, force: true });
});

async function stored(): Promise<{ id: string; bytes: Buffer }> {
  const id = newBlobId();
  const bytes = randomBytes(CHUNKS * CHUNK_BYTES + LAST);
  const blob = await Blob.create(folder, id, key, options);
  await blob.write(0, bytes);
  await blob.sync();
  await blob.close();
  return { id, bytes };
}

async function readAll(blob: Blob, piece: number, ahead = true): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const room = Buffer.alloc(piece);
  for (let offset = 0;;) {
    const bytes = await blob.read(offset, piece, { room, ahead });
    if (bytes.length === 0) return Buffer.concat(pieces);
    pieces.push(Buffer.from(bytes));
    offset += bytes.length;
  }
}

/** Who reads on begins the thread, if there is none. */
async function withThread(blob: Blob): Promise<void> {
  await until(async () => {
    await readAll(blob, CHUNK_BYTES);
    return readingThread() === "there";
  });
}

test("who does not read ahead, as the relay, begins no thread", async () => {
  const { id, bytes } = await stored();
  const blob = await Blob.open(folder, id, key, options);
  assert.ok((await readAll(blob, 100 * 1000, false)).equals(bytes));
  assert.equal(readingThread(), "none");
  await readAll(blob, 100 * 1000);
  assert.notEqual(readingThread(), "none");
  await blob.close();
});

test("what is read ahead in the thread is what was written, whatever pieces are asked for", async () => {
  const { id, bytes } = await stored();
  const blob = await Blob.open(folder, id, key, options);
  await withThread(blob);
  for (const piece of [32 * 1024, 255 * 1024, 64 * 1024, 1000 * 1000]) {
    assert.ok((await readAll(blob, piece)).equals(bytes), `pieces of ${piece}`);
  }
  await blob.close();
});

test("who reads the first byte of many files holds little more than half a mebibyte of each", async () => {
  const { id } = await stored();
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const held = () => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  const blobs = await Promise.all(
    Array.from({ length: 64 }, () => Blob.open(folder, id, key, options)),
  );
  for (const blob of blobs) await blob.read(0, 1, { ahead: true });
  const each = (held() - before) / blobs.length;
  for (const blob of blobs) await blob.close();
  assert.ok(each < 11 * CHUNK_BYTES, `${each}`);
});

test("many readers at once, more than the thread has memory for, each get their own bytes", async () => {
  const files = await Promise.all(Array.from({ length: 12 }, stored));
  await Promise.all(files.map(async ({ id, bytes }) => {
    const blob = await Blob.open(folder, id, key, options);
    for (let round = 0; round < 3; round++) {
      assert.ok((await readAll(blob, 100 * 1000)).equals(bytes));
    }
    await blob.close();
  }));
});

test("bytes that were handed out stay what they are while the reader goes on", async () => {
  const { id, bytes } = await stored();
  const blob = await Blob.open(folder, id, key, options);
  await withThread(blob);
  const handedOut: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += 32 * 1024) {
    handedOut.push(await blob.read(offset, 32 * 1024, { ahead: true }));
  }
  assert.ok(Buffer.concat(handedOut).equals(bytes));
  await blob.close();
});

test("who writes in the middle of reading reads what was written", async () => {
  const { id, bytes } = await stored();
  const blob = await Blob.open(folder, id, key, options);
  await withThread(blob);
  await blob.read(0, 2 * CHUNK_BYTES, { ahead: true });
  const other = randomBytes(CHUNK_BYTES);
  await blob.write(3 * CHUNK_BYTES, other);
  other.copy(bytes, 3 * CHUNK_BYTES);
  await blob.truncate(10 * CHUNK_BYTES + 5);
  assert.ok((await readAll(blob, 100 * 1000)).equals(bytes.subarray(0, 10 * CHUNK_BYTES + 5)));
  await blob.close();
});

test("a chunk that is damaged is said to be, and those before it are read", async () => {
  const { id, bytes } = await stored();
  const sound = await Blob.open(folder, id, key, options);
  await withThread(sound);
  await sound.close();
  const path = blobPath(folder, id);
  const sealed = await readFile(path);
  sealed[PREAMBLE_BYTES + 6 * (ENTRY_OVERHEAD + CHUNK_BYTES) + 99]! ^= 1;
  await writeFile(path, sealed);
  const blob = await Blob.open(folder, id, key, options);
  assert.ok(
    (await blob.read(0, 6 * CHUNK_BYTES, { ahead: true })).equals(
      bytes.subarray(0, 6 * CHUNK_BYTES),
    ),
  );
  await assert.rejects(blob.read(6 * CHUNK_BYTES, 10), BlobDamaged);
  await blob.close();
});

test("a blob is closed in the middle of reading ahead", async () => {
  const { id } = await stored();
  for (let round = 0; round < 50; round++) {
    const blob = await Blob.open(folder, id, key, options);
    await blob.read(0, 1, { ahead: true });
    await blob.close();
  }
});

test("should the thread end, everything is read without it", async () => {
  const { id, bytes } = await stored();
  const blob = await Blob.open(folder, id, key, options);
  await withThread(blob);
  await blob.read(0, 1, { ahead: true });
  await endReadingThread();
  assert.ok((await readAll(blob, 255 * 1024)).equals(bytes));
  await blob.close();
});
