// DESIGN "Bytes: the vault": the size in the catalog decides; nothing is orphaned; what a school's key
// opened cannot be read when the school is purged.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { chmod, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openStored } from "../../../bridge/open.ts";
import { Blob, BlobDamaged, BlobMissing, listBlobs } from "../../../bridge/vault/blob/blob.ts";
import { type CatalogFile, FolderGone } from "../../../bridge/vault/catalog/catalog.ts";
import { sender } from "./catalog/version-0.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { idOfSchool } from "../school-id.ts";

async function openVault(t: TestContext) {
  const dataDir = join(await temporaryFolder(t), "bridge");
  const settings = {
    dataDir,
    keyring: { kind: "file" as const, file: join(dataDir, "..", "master.key") },
  };
  const stored = await openStored(settings, { now: () => 1000 });
  t.after(() => stored.close());
  const { catalog, vault, keys } = stored;
  async function write(
    path: string,
    bytes: Uint8Array,
    schoolId = idOfSchool(1),
  ): Promise<CatalogFile> {
    const { version } = await keys.current(schoolId);
    const file = catalog.createPartial(schoolId, path, version, sender);
    const { blob, release } = await vault.use(file, { mayBeNew: true });
    await blob.write(0, bytes);
    await blob.sync();
    const left = { size: blob.size, modifiedAt: 1, sha256: blob.sha256 };
    catalog.settleSize(file, "closed", left);
    await catalog.durable();
    await release();
    return catalog.file(file.id)!;
  }
  const pathOf = ({ blob }: { blob: string }) => join(vault.folder, blob.slice(0, 2), blob);
  const blobs = async () => {
    const ids: string[] = [];
    for await (const id of listBlobs(vault.folder)) ids.push(id);
    return ids;
  };
  return { ...stored, dataDir, settings, write, pathOf, blobs };
}

const rows = randomBytes(200_000);

test("a blob that lost its tail is damage, never a shorter file", async (t) => {
  const { write, vault, pathOf, catalog } = await openVault(t);
  const file = await write("/inbound/a.csv", rows);
  const whole = (await stat(pathOf(file))).size;
  for (const lost of [100, 1_000, 66_000, 140_000, 190_000]) {
    await truncate(pathOf(file), whole - lost);
    await assert.rejects(vault.use(file), BlobDamaged, `${lost} bytes lost`);
    assert.equal(vault.inUse(file.blob), false, "nothing stays open");
  }
  await rm(pathOf(file));
  await assert.rejects(vault.use(file), BlobMissing);
  assert.deepEqual(catalog.file(file.id), file);
});

test("a blob that is longer than its row is damage too", async (t) => {
  const { write, vault } = await openVault(t);
  const file = await write("/inbound/a.csv", rows);
  await assert.rejects(vault.use({ ...file, size: file.size - 1 }), BlobDamaged);
});

test("a partial file has the size its blob has", async (t) => {
  const { write, vault, catalog } = await openVault(t);
  const file = await write("/inbound/a.csv", rows);
  const partial = catalog.markPartial(file.id, sender);
  const { blob, release } = await vault.use({ ...partial, size: 5 });
  assert.equal(blob.size, rows.length);
  await release();
});

test("the SHA-256 of a file is known at its CLOSE when it was written in one go", async (t) => {
  const { write, vault } = await openVault(t);
  const file = await write("/inbound/a.csv", rows);
  assert.equal(file.sha256, createHash("sha256").update(rows).digest("hex"));
  const { blob, release } = await vault.use(file);
  assert.equal(blob.sha256, undefined, "only who wrote all of it knows");
  await release();
  assert.equal(
    (await write("/inbound/empty.csv", new Uint8Array())).sha256,
    createHash("sha256").digest("hex"),
  );
});

test("a SHA-256 is not told where bytes were written out of order, again, or cut off", async (t) => {
  const folder = await temporaryFolder(t);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const written = async (work: (blob: Blob) => Promise<void>) => {
    const id = randomBytes(16).toString("hex");
    const blob = await Blob.create(folder, id, randomBytes(32), { maxBytes: 1000 });
    await work(blob);
    const { sha256 } = blob;
    await blob.close();
    return sha256;
  };
  const bytes = Buffer.from("0123456789");
  const inTurn = await written(async (blob) => {
    await blob.write(0, bytes);
    await blob.write(10, bytes);
  });
  assert.equal(inTurn, hash("01234567890123456789"));
  const strange: ((blob: Blob) => Promise<void>)[] = [
    (blob) => blob.write(5, bytes),
    async (blob) => {
      await blob.write(0, bytes);
      await blob.write(0, bytes);
    },
    async (blob) => {
      await blob.write(0, bytes);
      await blob.truncate(5);
    },
    async (blob) => {
      await blob.write(0, bytes);
      await blob.truncate(15);
    },
    async (blob) => {
      await blob.write(0, bytes);
      await blob.write(10, Buffer.alloc(1000)).catch(() => {});
      await blob.write(9, bytes);
    },
  ];
  for (const work of strange) assert.equal(await written(work), undefined, String(work));
  const again = await written(async (blob) => {
    await blob.write(0, bytes);
    await blob.truncate(0);
    await blob.write(0, bytes);
  });
  assert.equal(again, hash("0123456789"));
});

test("a file that is opened to be written while it is removed leaves no orphan", async (t) => {
  const { write, vault, catalog, blobs } = await openVault(t);
  const file = await write("/inbound/a.csv", rows);
  const reading = await vault.use(file);
  const closing = reading.release();
  // It comes while the reader's closing is under way, and waits for it.
  const writing = vault.use(catalog.markPartial(file.id, sender), { mayBeNew: true });
  catalog.remove(file.id, null);
  const outcome = await writing.then(({ release }) => release(), (error) => error);
  await closing;
  if (outcome !== undefined) assert.ok(outcome instanceof BlobMissing, String(outcome));
  await vault.sweep(file.blob);
  assert.deepEqual(await blobs(), []);
  assert.deepEqual(catalog.doomedBlobs(), []);
});

test("bytes that were removed are gone from the disk only when that survives power loss", async (t) => {
  const { write, vault, catalog, dataDir, pathOf } = await openVault(t);
  const file = await write("/inbound/a.csv", rows);
  catalog.remove(file.id, null);
  await rename(dataDir, `${dataDir}.away`);
  await vault.sweep(file.blob);
  await rename(`${dataDir}.away`, dataDir);
  assert.ok(await stat(pathOf(file)), "not removed while it could not be made durable");
  await vault.sweep(file.blob);
  await assert.rejects(stat(pathOf(file)), { code: "ENOENT" });
});

test("when the folder is moved away nothing is answered durable, and nothing is made in its place", async (t) => {
  const { write, vault, catalog, dataDir, keys } = await openVault(t);
  const open = await write("/inbound/a.csv", rows);
  await catalog.checkPlace();
  await rename(dataDir, `${dataDir}.away`);
  await assert.rejects(catalog.checkPlace(), FolderGone);
  catalog.setTimes(open.id, { modifiedAt: 5 });
  await assert.rejects(catalog.durable(), FolderGone);
  const { version } = await keys.current(idOfSchool(1));
  const file = catalog.createPartial(idOfSchool(1), "/inbound/b.csv", version, sender);
  const { blob, release } = await vault.use(file, { mayBeNew: true });
  await assert.rejects(blob.write(0, rows), { code: "ENOENT" });
  await release();
  await assert.rejects(readdir(dataDir), { code: "ENOENT" });
  await rename(`${dataDir}.away`, dataDir);
  await catalog.durable();
  await write("/inbound/c.csv", rows);
});

test("where nothing can be written any more, what is there can still be read", async (t) => {
  const { write, vault, pathOf } = await openVault(t);
  const file = await write("/inbound/a.csv", rows);
  const protect = await readOnly(pathOf(file));
  try {
    const { blob, release } = await vault.use(file);
    assert.deepEqual(await blob.read(0, rows.length), rows);
    await assert.rejects(blob.write(0, rows), /reading only/);
    await release();
  } finally {
    await protect();
  }
});

/** Makes the file one that nobody can open to write, root neither; gives back what undoes it. */
async function readOnly(path: string): Promise<() => Promise<void>> {
  if (process.getuid?.() !== 0) {
    await chmod(path, 0o400);
    return () => chmod(path, 0o600);
  }
  const { execFileSync } = await import("node:child_process");
  execFileSync("mount", ["--bind", path, path]);
  execFileSync("mount", ["-o", "remount,bind,ro", path]);
  return async () => void execFileSync("umount", [path]);
}

test("a school that is purged leaves no bytes and no key, and another's stay", async (t) => {
  const { write, vault, catalog, keys, blobs, settings, close } = await openVault(t);
  const open = await write("/inbound/open.csv", rows);
  catalog.accept((await write("/inbound/waits.csv", rows)).id);
  const other = await write("/inbound/a.csv", rows, idOfSchool(2));
  const lease = await vault.use(open);
  await vault.purge(idOfSchool(1));
  assert.deepEqual((await blobs()).sort(), [open.blob, other.blob].sort(), "one is in use");
  await lease.release();
  assert.deepEqual(await blobs(), [other.blob]);
  await vault.purge(idOfSchool(1));
  await assert.rejects(keys.version(idOfSchool(1), 1), /no storage key/);
  const read = await vault.use(other);
  assert.deepEqual(await read.blob.read(0, rows.length), rows);
  await read.release();
  close();
  const again = await openStored(settings, { now: () => 1000 });
  assert.deepEqual(again.catalog.list(idOfSchool(1), "/inbound"), []);
  assert.deepEqual(again.catalog.doomedBlobs(), []);
  again.close();
});
