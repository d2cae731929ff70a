import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  Blob,
  BlobMissing,
  BlobTooLarge,
  listBlobs,
  newBlobId,
  removeBlob,
} from "../../../../bridge/vault/blob/blob.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const CHUNK = 64 * 1024;
const options = { maxBytes: 64 * 1024 * 1024 };

async function newBlob(t: TestContext, more = {}) {
  const folder = await temporaryFolder(t);
  const id = newBlobId();
  const key = randomBytes(32);
  const blob = await Blob.create(folder, id, key, { ...options, ...more });
  const reopen = (again = {}) => Blob.open(folder, id, key, { ...options, ...more, ...again });
  const path = join(folder, id.slice(0, 2), id);
  return { folder, id, key, blob, reopen, path };
}

test("what was written is read again, before and after the blob was closed", async (t) => {
  const { blob, reopen } = await newBlob(t);
  const bytes = randomBytes(3 * CHUNK + 100);
  await blob.write(0, bytes);
  assert.deepEqual(await blob.read(0, bytes.length), bytes);
  await blob.close();
  const again = await reopen();
  assert.equal(again.size, bytes.length);
  assert.deepEqual(await again.read(0, bytes.length), bytes);
  assert.deepEqual(await again.read(CHUNK - 5, 10), bytes.subarray(CHUNK - 5, CHUNK + 5));
  await again.close();
});

test("a read at or past the end is empty, one across the end is short", async (t) => {
  const { blob } = await newBlob(t);
  assert.equal((await blob.read(0, 10)).length, 0);
  await blob.write(0, Buffer.from("roster"));
  assert.equal((await blob.read(4, 100)).toString(), "er");
  assert.equal((await blob.read(6, 1)).length, 0);
  assert.equal((await blob.read(1e12, 1)).length, 0);
  await blob.close();
});

test("a gap that nothing was written to reads as zeros", async (t) => {
  const { blob, reopen } = await newBlob(t);
  await blob.write(5 * CHUNK + 3, Buffer.from("end"));
  await blob.write(CHUNK + 1, Buffer.from("middle"));
  await blob.close();
  const again = await reopen();
  const expected = Buffer.alloc(5 * CHUNK + 6);
  expected.write("middle", CHUNK + 1);
  expected.write("end", 5 * CHUNK + 3);
  assert.deepEqual(await again.read(0, 10 * CHUNK), expected);
  await again.close();
});

test("bytes that were cut off never come back", async (t) => {
  const { blob, reopen } = await newBlob(t);
  await blob.write(0, Buffer.alloc(2 * CHUNK, "x"));
  await blob.sync();
  await blob.truncate(10);
  await blob.truncate(CHUNK + 20);
  const expected = Buffer.alloc(CHUNK + 20);
  expected.fill("x", 0, 10);
  assert.deepEqual(await blob.read(0, 3 * CHUNK), expected);
  await blob.close();
  const again = await reopen();
  assert.deepEqual(await again.read(0, 3 * CHUNK), expected);
  await again.close();
});

test("overlapping calls take effect in the order they were made", async (t) => {
  const { blob } = await newBlob(t);
  const writes: Promise<void>[] = [];
  for (let number = 0; number < 200; number++) {
    writes.push(blob.write(number * 1000, Buffer.alloc(2000, number)));
  }
  const read = blob.read(0, 1e6);
  writes.push(blob.write(0, Buffer.from("later")));
  const bytes = await read;
  assert.equal(bytes.length, 201_000);
  for (let number = 0; number < 200; number++) assert.equal(bytes[number * 1000], number);
  await Promise.all(writes);
  assert.equal((await blob.read(0, 5)).toString(), "later");
  await blob.close();
});

test("never a plain byte of a file on disk", async (t) => {
  const { blob, folder } = await newBlob(t, { slackBytes: 1000 });
  const row = "mary.ann@college.edu,S1X0000007,Nguyen,Mary Ann\r\n";
  const roster = Buffer.from(row.repeat(4000));
  for (let round = 0; round < 4; round++) {
    await blob.write(0, roster);
    await blob.sync();
    await blob.truncate(1000);
    for (const name of await readdir(folder, { recursive: true })) {
      const path = join(folder, name);
      if ((await stat(path)).isDirectory()) continue;
      const bytes = await readFile(path);
      for (const word of ["college.edu", "S1X0000007", "Nguyen"]) {
        assert.equal(bytes.includes(word), false, `${word} is in ${name}`);
      }
    }
  }
  await blob.close();
});

test("the blob's file and folders are for the service only", async (t) => {
  const { blob, path } = await newBlob(t);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(join(path, ".."))).mode & 0o777, 0o700);
  await blob.close();
});

test("a size over the limit is refused before anything of the write is written", async (t) => {
  const { blob, reopen } = await newBlob(t, { maxBytes: 100 });
  await blob.write(0, Buffer.alloc(90, "a"));
  await assert.rejects(blob.write(80, Buffer.alloc(21, "b")), (error) => {
    assert.ok(error instanceof BlobTooLarge);
    assert.equal(error.maxBytes, 100);
    return true;
  });
  await assert.rejects(blob.truncate(101), BlobTooLarge);
  assert.deepEqual(await blob.read(0, 200), Buffer.alloc(90, "a"));
  await blob.write(90, Buffer.alloc(10, "c"));
  await blob.close();
  const again = await reopen();
  assert.equal((await again.read(0, 200)).length, 100);
  await again.close();
});

test("overwriting again and again does not make the blob grow for ever", async (t) => {
  const { blob, path, folder, reopen } = await newBlob(t);
  const size = 2 * 1024 * 1024;
  let last = randomBytes(size);
  for (let round = 0; round < 8; round++) {
    last = randomBytes(size);
    await blob.write(0, last);
    if (round % 3 === 0) await blob.sync();
  }
  await blob.truncate(size - 5);
  await blob.sync();
  assert.ok((await stat(path)).size < 9 * 1024 * 1024);
  assert.deepEqual(await blob.read(0, size), last.subarray(0, size - 5));
  await blob.close();
  const again = await reopen();
  assert.deepEqual(await again.read(0, size), last.subarray(0, size - 5));
  await again.close();
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.length > 2);
  assert.equal(files.length, 1);
});

test("a blob that was made anew and then opened by another process is synced with its name", async (t) => {
  const { folder, blob, reopen } = await newBlob(t, { slackBytes: 0 });
  await blob.write(0, randomBytes(2 * CHUNK));
  await blob.sync();
  // Each write of the other chunk stores the one before; at last the blob is made anew.
  for (let turn = 0; turn < 8; turn++) await blob.write((turn % 2) * CHUNK, randomBytes(CHUNK));
  await blob.close();

  const handle = await open(folder, "r");
  const calls = Object.getPrototypeOf(handle) as { sync(): Promise<void> };
  await handle.close();
  const { sync } = calls;
  let folders = 0;
  calls.sync = function () {
    folders++;
    return sync.call(this);
  };
  t.after(() => calls.sync = sync);
  const again = await reopen();
  await again.sync();
  await again.sync();
  await again.close();
  assert.equal(folders, 1);
});

test("a blob that was removed while open does not come back when it is compacted", async (t) => {
  const { blob, folder, id } = await newBlob(t, { slackBytes: 0 });
  await blob.write(0, randomBytes(3 * CHUNK));
  await removeBlob(folder, id);
  for (let round = 0; round < 5; round++) await blob.write(0, randomBytes(3 * CHUNK));
  await blob.close();
  for await (const found of listBlobs(folder)) assert.fail(found);
});

test("blobs are listed by their ids, and a removed one is not", async (t) => {
  const { blob, folder, id, key } = await newBlob(t);
  await blob.close();
  const other = newBlobId();
  await (await Blob.create(folder, other, key, options)).close();
  const listed: string[] = [];
  for await (const found of listBlobs(folder)) listed.push(found);
  assert.deepEqual(listed.sort(), [id, other].sort());
  await removeBlob(folder, id);
  await removeBlob(folder, id);
  await assert.rejects(Blob.open(folder, id, key, options), BlobMissing);
  for await (const found of listBlobs(folder)) assert.equal(found, other);
  for await (const found of listBlobs(join(folder, "none"))) assert.fail(found);
});

test("an id that is not 32 hexadecimal digits reaches no file", async (t) => {
  const folder = await temporaryFolder(t);
  for (const id of ["../../etc/passwd", "", "A".repeat(32), "0".repeat(31) + "/"]) {
    await assert.rejects(Blob.create(folder, id, randomBytes(32), options), TypeError);
  }
});

test("a blob of that id is never replaced by a new one", async (t) => {
  const { blob, folder, id, key } = await newBlob(t);
  await blob.write(0, Buffer.from("kept"));
  await blob.close();
  await assert.rejects(Blob.create(folder, id, key, options), { code: "EEXIST" });
  const opened = await Blob.open(folder, id, key, options);
  assert.equal((await opened.read(0, 10)).toString(), "kept");
  await opened.close();
});

test("a blob open for reading only refuses to be written", async (t) => {
  const { blob, reopen } = await newBlob(t);
  await blob.write(0, Buffer.from("kept"));
  await blob.close();
  const reader = await reopen({ readOnly: true });
  await assert.rejects(reader.write(0, Buffer.from("x")), /reading only/);
  await assert.rejects(reader.truncate(0), /reading only/);
  assert.equal((await reader.read(0, 10)).toString(), "kept");
  await reader.close();
});

test("a closed blob refuses every call, and may be closed again", async (t) => {
  const { blob } = await newBlob(t);
  const closing = blob.close();
  await assert.rejects(blob.read(0, 1), /closed/);
  await assert.rejects(blob.sync(), /closed/);
  await closing;
  await blob.close();
});
