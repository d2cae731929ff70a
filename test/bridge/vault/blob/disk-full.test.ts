import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Blob, newBlobId } from "../../../../bridge/vault/blob/blob.ts";

const CHUNK = 64 * 1024;
const options = { maxBytes: 64 * 1024 * 1024 };
const key = randomBytes(32);

/** A disk of its own with room for `bytes`; `undefined`, said aloud, where none can be mounted. */
async function smallDisk(t: TestContext, bytes: number): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "rosterbridge-test", folder], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (error) {
    await rmdir(folder);
    t.skip(`NOT TESTED, no small disk can be mounted here: ${(error as Error).message.trim()}`);
    return undefined;
  }
  t.after(async () => {
    execFileSync("umount", [folder]);
    await rmdir(folder);
  });
  return folder;
}

/** Writes chunk after chunk until the disk is full; returns what was written without an error. */
async function fill(blob: Blob): Promise<Buffer> {
  const written: Buffer[] = [];
  for (;;) {
    const bytes = randomBytes(CHUNK / 2);
    try {
      await blob.write(written.length * bytes.length, bytes);
      await blob.sync();
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
      return Buffer.concat(written);
    }
    written.push(bytes);
  }
}

test("disk full: the write is refused, what was written before is kept and can be read", async (t) => {
  const folder = await smallDisk(t, 1024 * 1024);
  if (!folder) return;
  const id = newBlobId();
  const blob = await Blob.create(folder, id, key, options);
  const synced = await fill(blob);
  assert.ok(synced.length > 3 * CHUNK);
  assert.deepEqual(await blob.read(0, synced.length), synced);
  await assert.rejects(blob.write(synced.length + 9 * CHUNK, randomBytes(9 * CHUNK)), {
    code: "ENOSPC",
  });
  assert.deepEqual(await blob.read(0, synced.length), synced);
  await assert.rejects(blob.close(), { code: "ENOSPC" });
  const again = await Blob.open(folder, id, key, options);
  assert.deepEqual(await again.read(0, synced.length), synced);
  assert.deepEqual((await again.verify()).damaged, []);
  await again.close();
});

test("disk full: the upload goes on when there is room again", async (t) => {
  const folder = await smallDisk(t, 2 * 1024 * 1024);
  if (!folder) return;
  const filler = join(folder, "filler");
  await writeFile(filler, Buffer.alloc(1024 * 1024));
  const id = newBlobId();
  const blob = await Blob.create(folder, id, key, options);
  const synced = await fill(blob);
  await rm(filler);
  const more = randomBytes(3 * CHUNK);
  await blob.write(synced.length, more);
  await blob.sync();
  await blob.close();
  const again = await Blob.open(folder, id, key, options);
  assert.deepEqual(await again.read(0, 64 * CHUNK), Buffer.concat([synced, more]));
  assert.deepEqual((await again.verify()).damaged, []);
  await again.close();
});

test("disk full: a blob that cannot be compacted only stays large", async (t) => {
  const folder = await smallDisk(t, 24 * CHUNK);
  if (!folder) return;
  const filler = join(folder, "filler");
  const id = newBlobId();
  const blob = await Blob.create(folder, id, key, { ...options, slackBytes: 0 });
  const fileBytes = async () => (await stat(join(folder, id.slice(0, 2), id))).size;
  const bytes = randomBytes(5 * CHUNK);
  await blob.write(0, bytes);
  await blob.sync();
  await writeFile(filler, Buffer.alloc(10 * CHUNK));
  for (let number = 0; number < 6; number++) {
    const overwrite = randomBytes(CHUNK);
    await blob.write(0, overwrite);
    await blob.sync();
    bytes.set(overwrite);
  }
  assert.ok((await fileBytes()) > 11 * CHUNK);
  assert.deepEqual(await blob.read(0, bytes.length), bytes);
  await rm(filler);
  for (let round = 0; round < 4; round++) await blob.write(0, bytes);
  assert.deepEqual(await blob.read(0, bytes.length), bytes);
  await blob.close();
  assert.ok((await fileBytes()) < 12 * CHUNK);
});
