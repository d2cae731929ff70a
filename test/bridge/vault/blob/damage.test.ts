import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { Blob, BlobDamaged, BlobMissing, newBlobId } from "../../../../bridge/vault/blob/blob.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const CHUNK = 64 * 1024;
const options = { maxBytes: 64 * 1024 * 1024 };

/** A closed blob with three chunks that were synced and, if asked for, more that were not. */
async function storedBlob(t: TestContext, unsynced = Buffer.alloc(0)) {
  const folder = await temporaryFolder(t);
  const id = newBlobId();
  const key = randomBytes(32);
  const path = join(folder, id.slice(0, 2), id);
  const synced = randomBytes(2 * CHUNK + 500);
  const blob = await Blob.create(folder, id, key, options);
  await blob.write(0, synced);
  await blob.sync();
  const syncedBytes = (await stat(path)).size;
  await blob.write(synced.length, unsynced);
  await blob.close();
  const open = (more = {}) => Blob.open(folder, id, key, { ...options, ...more });
  return { folder, id, key, path, synced, syncedBytes, open };
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at]! ^= 0x10;
  await writeFile(path, bytes);
}

test("a torn tail is dropped, wherever it was torn, and what was synced is intact", async (t) => {
  const { path, synced, syncedBytes, open } = await storedBlob(t, randomBytes(1000));
  const whole = await readFile(path);
  for (let length = syncedBytes; length < whole.length; length += 97) {
    await writeFile(path, whole.subarray(0, length));
    const reader = await open({ readOnly: true });
    assert.deepEqual(await reader.read(0, 4 * CHUNK), synced);
    await reader.close();
    assert.equal((await stat(path)).size, length, "a reader leaves the file as it is");
    const writer = await open();
    assert.deepEqual(await writer.read(0, 4 * CHUNK), synced);
    await writer.write(synced.length, Buffer.from("resumed"));
    await writer.close();
    const again = await open();
    assert.equal((await again.read(synced.length, 100)).toString(), "resumed");
    await again.close();
  }
});

test("a tail that power loss left as zeros or garbage is dropped", async (t) => {
  const { path, synced, syncedBytes, open } = await storedBlob(t, randomBytes(5 * CHUNK));
  const whole = await readFile(path);
  for (const fill of [Buffer.alloc(CHUNK), randomBytes(CHUNK)]) {
    // The blocks in the middle of what was not synced never reached the disk; later ones did.
    const torn = Buffer.from(whole);
    fill.copy(torn, syncedBytes + 2 * CHUNK);
    await writeFile(path, torn);
    const blob = await open();
    assert.deepEqual(await blob.read(0, synced.length), synced);
    assert.ok(blob.size <= synced.length + 2 * CHUNK);
    assert.deepEqual((await blob.verify()).damaged, []);
    await blob.close();
  }
});

test("a byte that was changed in any place of what was synced is found, and nothing is dropped", async (t) => {
  const { path, synced, syncedBytes, open } = await storedBlob(t);
  const whole = await readFile(path);
  // The last mark may be lost without harm; before it every header, nonce, tag and ciphertext counts.
  const places = [...Array(200).keys(), CHUNK, CHUNK + 150, 2 * CHUNK + 180];
  for (let at = 2 * CHUNK + 184; at < syncedBytes - 64; at += 41) places.push(at);
  for (const at of places) {
    await writeFile(path, whole);
    await flipByte(path, at);
    await assert.rejects(
      async () => {
        const blob = await open();
        try {
          await blob.read(0, synced.length);
        } finally {
          await blob.close();
        }
      },
      (error) => error instanceof BlobDamaged,
      `byte ${at}`,
    );
    assert.equal((await stat(path)).size, whole.length, "a damaged blob is left as it is");
  }
});

test("verify names the damaged chunks and counts all", async (t) => {
  const { path, open, synced } = await storedBlob(t);
  const sound = await open();
  assert.deepEqual(await sound.verify(), { chunks: 3, damaged: [] });
  await sound.close();
  await flipByte(path, CHUNK + 1000);
  const blob = await open({ readOnly: true });
  assert.deepEqual(await blob.verify(), { chunks: 3, damaged: [1] });
  assert.deepEqual(await blob.read(0, CHUNK), synced.subarray(0, CHUNK));
  await assert.rejects(blob.read(CHUNK, 1), BlobDamaged);
  await blob.close();
});

test("another key opens nothing and destroys nothing", async (t) => {
  const { folder, id, path, synced, open } = await storedBlob(t);
  const before = await readFile(path);
  await assert.rejects(Blob.open(folder, id, randomBytes(32), options), BlobDamaged);
  assert.deepEqual(await readFile(path), before);
  const blob = await open();
  assert.deepEqual(await blob.read(0, synced.length), synced);
  await blob.close();
});

test("the bytes of one blob do not open as another of the same school", async (t) => {
  const { folder, key, path } = await storedBlob(t);
  const other = newBlobId();
  const otherPath = join(folder, other.slice(0, 2), other);
  await mkdir(dirname(otherPath), { recursive: true });
  await copyFile(path, otherPath);
  await assert.rejects(Blob.open(folder, other, key, options), BlobDamaged);
});

test("a blob that a crash left without its first bytes is missing, and can be begun again", async (t) => {
  const { folder, id, key, path } = await storedBlob(t);
  for (const length of [0, 20]) {
    await truncate(path, length);
    await assert.rejects(Blob.open(folder, id, key, options), BlobMissing);
    const blob = await Blob.createAnew(folder, id, key, options);
    assert.equal(blob.size, 0);
    await blob.close();
  }
});

test("what a compaction left half done beside the blob is removed", async (t) => {
  const { path, open, synced } = await storedBlob(t);
  await writeFile(`${path}.tmp`, "half");
  const blob = await open();
  assert.deepEqual(await blob.read(0, synced.length), synced);
  await assert.rejects(stat(`${path}.tmp`), { code: "ENOENT" });
  await blob.close();
});
