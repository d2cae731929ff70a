// SPEC section 7: `verify` re-checks every file, and names what is missing, damaged, cut back, swapped or
// orphaned; who reads a damaged file gets an error and never other bytes.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { copyFile, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import Database from "libsql";
import { openStored, type Stored } from "../../bridge/open.ts";
import { blobPath } from "../../bridge/vault/blob/files.ts";
import { verifyStored } from "../../bridge/verify.ts";
import type { Verified } from "../../bridge/vault/verify.ts";
import { SettingError } from "../../shared/settings.ts";
import type { CatalogFile } from "../../bridge/vault/catalog/catalog.ts";
import { sender } from "./vault/catalog/version-0.ts";
import { temporaryFolder } from "./vault/temporary-folder.ts";
import { idOfSchool } from "./school-id.ts";

async function storedFiles(t: TestContext, sizes: Record<string, number>) {
  const dataDir = join(await temporaryFolder(t), "bridge");
  const settings = {
    dataDir,
    keyring: { kind: "file" as const, file: join(dataDir, "master.key") },
  };
  const stored = await openStored(settings, { now: Date.now });
  const { version } = await stored.keys.current(idOfSchool(1));
  const blobs: Record<string, string> = {};
  for (const [name, size] of Object.entries(sizes)) {
    const file = stored.catalog.createPartial(idOfSchool(1), `/inbound/${name}`, version, sender);
    const { blob, release } = await stored.vault.use(file, { mayBeNew: true });
    await blob.write(0, randomBytes(size));
    await blob.sync();
    const left = { size: blob.size, modifiedAt: 1, sha256: blob.sha256 };
    stored.catalog.settleSize(file, "closed", left);
    await release();
    blobs[name] = file.blob;
  }
  // Begun, and never synced.
  stored.catalog.createPartial(idOfSchool(1), "/inbound/begun", version, sender);
  stored.close();
  /** Of each file its bytes, or `undefined` where reading it is an error. */
  const readAll = async () => {
    const stored = await openStored(settings, { now: Date.now });
    const read: Record<string, string | undefined> = {};
    for (const name of Object.keys(sizes)) {
      const file = stored.catalog.find(idOfSchool(1), `/inbound/${name}`);
      read[name] = file && await bytesOf(stored, file).catch(() => undefined);
    }
    stored.close();
    return read;
  };
  const pathOf = (name: string) => blobPath(join(dataDir, "blobs"), blobs[name]!);
  const check = async () => {
    const lines: string[] = [];
    const isSound = await verifyStored(settings, {
      json: true,
      now: Date.now,
      write: (line) => void lines.push(line),
    });
    const found = lines.map((line) => JSON.parse(line));
    const { verified } = found.pop();
    const findings = found.map(({ finding }) => finding)
      .map(({ kind, path, blob }) => `${kind} ${path ?? blob}`);
    return { isSound, verified, findings: findings.sort() };
  };
  return { dataDir, settings, blobs, pathOf, check, readAll };
}

async function bytesOf({ vault }: Stored, file: CatalogFile): Promise<string> {
  const { blob, release } = await vault.use(file);
  try {
    return (await blob.read(0, blob.size)).toString("base64");
  } finally {
    await release();
  }
}

/** Two files change places. */
async function swap(one: string, two: string): Promise<void> {
  await rename(one, `${one}.aside`);
  await rename(two, one);
  await rename(`${one}.aside`, two);
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at]! ^= 1;
  await writeFile(path, bytes);
}

const counts = (found: Partial<Verified>): Verified => ({
  ...{ files: 5, bytes: 570_500, missing: 0, damaged: 0, cut_back: 0, ahead: 0, swapped: 0 },
  ...{ orphaned: 0, catalog: 0, ...found },
});

const sizes = { "small.csv": 500, "large.csv": 300_000, "other.csv": 200_000, "third.csv": 70_000 };

test("verify finds nothing where nothing is wrong, a file that was only begun neither", async (t) => {
  const { check } = await storedFiles(t, sizes);
  assert.deepEqual(await check(), {
    isSound: true,
    verified: counts({}),
    findings: [],
  });
});

test("verify names every file that is missing or damaged, small ones too, and every orphan", async (t) => {
  const { check, pathOf, dataDir, blobs } = await storedFiles(t, sizes);
  await flip(pathOf("large.csv"), 150_000);
  await rm(pathOf("other.csv"));
  const database = new Database(join(dataDir, "catalog.db"));
  database.prepare("UPDATE small_blobs SET sealed = substr(sealed, 1, 100)").run([]);
  database.close();
  const orphan = "ab".repeat(16);
  const orphanPath = blobPath(join(dataDir, "blobs"), orphan);
  await mkdir(dirname(orphanPath), { recursive: true });
  await copyFile(pathOf("third.csv"), orphanPath);
  assert.ok(blobs["small.csv"]);
  const { isSound, findings, verified } = await check();
  assert.deepEqual(findings, [
    "damaged /inbound/large.csv",
    "damaged /inbound/small.csv",
    "missing /inbound/other.csv",
    `orphaned ${orphan}`,
  ]);
  assert.equal(isSound, false);
  assert.deepEqual(verified, counts({ missing: 1, damaged: 2, orphaned: 1 }));
});

test("a blob cut back to an earlier sound state is found by its size and its SHA-256", async (t) => {
  const { check, dataDir } = await storedFiles(t, sizes);
  const database = new Database(join(dataDir, "catalog.db"));
  database.exec("UPDATE files SET sha256 = '00' WHERE path LIKE '%third.csv'");
  database.exec("UPDATE files SET size = size + 1 WHERE path LIKE '%large.csv'");
  database.close();
  assert.deepEqual((await check()).findings, [
    "cut_back /inbound/large.csv",
    "cut_back /inbound/third.csv",
  ]);
});

test("a file whose key is gone is damaged, and the others are still checked", async (t) => {
  const { check, dataDir } = await storedFiles(t, { "a.csv": 10, "b.csv": 100_000 });
  const database = new Database(join(dataDir, "catalog.db"));
  database.exec("UPDATE files SET key_version = 9 WHERE path LIKE '%a.csv'");
  database.close();
  const { findings, verified } = await check();
  assert.deepEqual(findings, ["damaged /inbound/a.csv"]);
  assert.equal(verified.files, 3);
});

test("each damage is named, the other files are what they were, and reading the damaged one is an error", async (t) => {
  const names = ["small.csv", "tiny.csv", "large.csv", "other.csv"];
  const { dataDir, blobs, pathOf, check, readAll, settings } = await storedFiles(t, {
    ...{ "small.csv": 500, "tiny.csv": 300, "large.csv": 300_000, "other.csv": 200_000 },
  });
  const early = join(dataDir, "..", "early");
  await cp(pathOf("large.csv"), early);
  // A client goes on with it, and closes it again.
  const stored = await openStored(settings, { now: Date.now });
  const file = stored.catalog.find(idOfSchool(1), "/inbound/large.csv")!;
  stored.catalog.markPartial(file.id, sender);
  const { blob, release } = await stored.vault.use({ ...file, state: "partial" });
  await blob.write(300_000, randomBytes(1000));
  await blob.sync();
  stored.catalog.settleSize(file, "closed", { size: 301_000, modifiedAt: 2, sha256: "" });
  stored.catalog.setHash(
    file,
    createHash("sha256").update(await blob.read(0, 301_000)).digest("hex"),
  );
  await release();
  stored.close();

  const whole = join(dataDir, "..", "whole");
  await cp(dataDir, whole, { recursive: true });
  const before = await readAll();
  const sql = (text: string) => {
    const database = new Database(join(dataDir, "catalog.db"));
    database.exec(text);
    database.close();
  };
  const found = async (
    damage: () => void | Promise<void>,
    findings: string[],
    broken: string[],
  ) => {
    await damage();
    const checked = await check();
    assert.deepEqual(checked.findings, findings);
    assert.equal(checked.isSound, false);
    const after = await readAll();
    for (const name of names) {
      assert.equal(after[name], broken.includes(name) ? undefined : before[name], name);
    }
    await rm(dataDir, { recursive: true });
    await cp(whole, dataDir, { recursive: true });
  };

  await found(() => flip(pathOf("other.csv"), 1000), ["damaged /inbound/other.csv"], ["other.csv"]);
  await found(
    () => swap(pathOf("large.csv"), pathOf("other.csv")),
    ["swapped /inbound/large.csv", "swapped /inbound/other.csv"],
    ["large.csv", "other.csv"],
  );
  await found(
    () =>
      sql(`UPDATE small_blobs SET blob = 'x' WHERE blob = '${blobs["small.csv"]}';
           UPDATE small_blobs SET blob = '${blobs["small.csv"]}' WHERE blob = '${
        blobs["tiny.csv"]
      }';
           UPDATE small_blobs SET blob = '${blobs["tiny.csv"]}' WHERE blob = 'x'`),
    ["swapped /inbound/small.csv", "swapped /inbound/tiny.csv"],
    ["small.csv", "tiny.csv"],
  );
  await found(
    () => copyFile(early, pathOf("large.csv")),
    ["cut_back /inbound/large.csv"],
    ["large.csv"],
  );
  await found(() => rm(pathOf("other.csv")), ["missing /inbound/other.csv"], ["other.csv"]);
  await found(
    () => sql(`DELETE FROM small_blobs WHERE blob = '${blobs["tiny.csv"]}'`),
    ["missing /inbound/tiny.csv"],
    ["tiny.csv"],
  );
  await found(
    () => sql("DELETE FROM files WHERE path IN ('/inbound/other.csv', '/inbound/tiny.csv')"),
    [`orphaned ${blobs["other.csv"]}`, `orphaned ${blobs["tiny.csv"]}`].sort(),
    ["other.csv", "tiny.csv"],
  );
  await found(
    () => sql("UPDATE files SET state = 'processing' WHERE path = '/inbound/other.csv'"),
    ["catalog undefined"],
    [],
  );
  await found(
    () => sql("UPDATE events SET event = replace(event, 'bound', 'B0UND') WHERE number = 3"),
    ["catalog undefined"],
    [],
  );
});

test("an old catalog under new blobs is found out file by file", async (t) => {
  const { dataDir, settings, check, readAll, blobs } = await storedFiles(t, {
    ...{ "large.csv": 300_000, "other.csv": 200_000, "third.csv": 70_000 },
  });
  const old = join(dataDir, "..", "catalog.db");
  await copyFile(join(dataDir, "catalog.db"), old);
  const stored = await openStored(settings, { now: Date.now });
  const { catalog, vault } = stored;
  const large = catalog.find(idOfSchool(1), "/inbound/large.csv")!;
  catalog.markPartial(large.id, sender);
  const lease = await vault.use({ ...large, state: "partial" });
  await lease.blob.write(300_000, randomBytes(1000));
  await lease.blob.sync();
  catalog.settleSize(large, "closed", { size: 301_000, modifiedAt: 2 });
  await lease.release();
  catalog.remove(catalog.find(idOfSchool(1), "/inbound/other.csv")!.id, null);
  await vault.sweepAll();
  const { version } = await stored.keys.current(idOfSchool(1));
  const fresh = catalog.createPartial(idOfSchool(1), "/inbound/fresh.csv", version, sender);
  const made = await vault.use(fresh, { mayBeNew: true });
  await made.blob.write(0, randomBytes(90_000));
  await made.blob.sync();
  catalog.settleSize(fresh, "closed", { size: 90_000, modifiedAt: 2 });
  await made.release();
  stored.close();
  const before = await readAll();
  await copyFile(old, join(dataDir, "catalog.db"));
  assert.deepEqual((await check()).findings, [
    "ahead /inbound/large.csv",
    "missing /inbound/other.csv",
    `orphaned ${fresh.blob}`,
  ]);
  const after = await readAll();
  assert.deepEqual([after["large.csv"], after["other.csv"]], [undefined, undefined]);
  assert.equal(after["third.csv"], before["third.csv"]);
  assert.ok(blobs["third.csv"]);
});

test("verify makes nothing where no bridge has stored anything", async (t) => {
  const dataDir = join(await temporaryFolder(t), "typo");
  const settings = {
    dataDir,
    keyring: { kind: "file" as const, file: join(dataDir, "master.key") },
  };
  await assert.rejects(
    verifyStored(settings, { json: false, now: Date.now, write: () => {} }),
    SettingError,
  );
  await assert.rejects(readFile(dataDir), { code: "ENOENT" });
});
