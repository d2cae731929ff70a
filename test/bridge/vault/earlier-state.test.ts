// SPEC section 7: what was received is what is read. A blob is a log: an earlier state of it is sound in
// itself, and of the same length where bytes were written over.
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { test } from "node:test";
import { BlobDamaged } from "../../../bridge/vault/blob/blob.ts";
import { blobPath } from "../../../bridge/vault/blob/files.ts";
import type { Home, OpenMode } from "../../../bridge/home/home.ts";
import type { SchoolId } from "../../../shared/protocol.ts";
import { type TestHomes, testHomes } from "../home/keeper.ts";

const toWrite: OpenMode = {
  ...{ read: false, write: true, append: false, create: true, exclusive: false, truncate: false },
};
const toRead: OpenMode = { ...toWrite, read: true, write: false, create: false };
const path = "/inbound/roster.txt";

const whole = (letter: string) => Buffer.alloc(200_000, letter);

async function write(home: Home, letter: string): Promise<void> {
  const file = await home.open(path, toWrite);
  await file.write(0, whole(letter));
  await file.close();
}

async function read(home: Home): Promise<string> {
  const file = await home.open(path, toRead);
  try {
    return Buffer.from(await file.read(0, 10)).toString();
  } finally {
    await file.close();
  }
}

function storedAt({ keeper, catalog }: TestHomes): string {
  const { blob } = catalog.find(1 as SchoolId, path)!;
  return blobPath(keeper.vault.folder, blob);
}

test("a blob put back to an earlier sound state of the same length is an error to who reads it", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  const file = await home.open(path, toWrite);
  await file.write(0, whole("a"));
  await file.sync();
  const stored = storedAt(homes);
  await copyFile(stored, `${stored}.early`);
  await file.write(0, whole("b"));
  await file.close();
  await copyFile(stored, `${stored}.late`);
  assert.equal(await read(home), "bbbbbbbbbb");
  await copyFile(`${stored}.early`, stored);
  await assert.rejects(read(home), BlobDamaged);
  await copyFile(`${stored}.late`, stored);
  assert.equal(await read(home), "bbbbbbbbbb");
});

test("a state that came after the row's is no less an error, and what was read only stays readable", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await write(home, "a");
  for (let i = 0; i < 3; i++) assert.equal(await read(home), "aaaaaaaaaa");
  // Opened to be written, and closed with nothing written.
  await (await home.open(path, toWrite)).close();
  assert.equal(await read(home), "aaaaaaaaaa");
  const now = homes.catalog.find(1 as SchoolId, path)!;
  const { blob, release } = await homes.keeper.vault.use({ ...now, state: "partial" });
  await blob.write(0, whole("b"));
  await blob.sync();
  await release();
  await assert.rejects(homes.keeper.vault.use(now), BlobDamaged);
});
