// SPEC section 7: `verify` re-checks every file. DESIGN: it lists what is missing, damaged or orphaned.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import Database from "libsql";
import { openStored } from "../../bridge/open.ts";
import { blobPath } from "../../bridge/vault/blob/files.ts";
import { verifyStored } from "../../bridge/verify.ts";
import { SettingError } from "../../shared/settings.ts";
import { sender } from "./vault/catalog/version-0.ts";
import { temporaryFolder } from "./vault/temporary-folder.ts";

async function storedFiles(t: TestContext, sizes: Record<string, number>) {
  const dataDir = join(await temporaryFolder(t), "bridge");
  const settings = {
    dataDir,
    keyring: { kind: "file" as const, file: join(dataDir, "master.key") },
  };
  const stored = await openStored(settings, { now: Date.now });
  const { version } = await stored.keys.current(1);
  const blobs: Record<string, string> = {};
  for (const [name, size] of Object.entries(sizes)) {
    const file = stored.catalog.createPartial(1, `/inbound/${name}`, version, sender);
    const { blob, release } = await stored.vault.use(file, { mayBeNew: true });
    await blob.write(0, randomBytes(size));
    await blob.sync();
    const left = { size: blob.size, modifiedAt: 1, sha256: blob.sha256 };
    stored.catalog.settleSize(file, "closed", left);
    await release();
    blobs[name] = file.blob;
  }
  // Begun, and never synced.
  stored.catalog.createPartial(1, "/inbound/begun", version, sender);
  stored.close();
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
  return { dataDir, settings, blobs, pathOf, check };
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at]! ^= 1;
  await writeFile(path, bytes);
}

const sizes = { "small.csv": 500, "large.csv": 300_000, "other.csv": 200_000, "third.csv": 70_000 };

test("verify finds nothing where nothing is wrong, a file that was only begun neither", async (t) => {
  const { check } = await storedFiles(t, sizes);
  assert.deepEqual(await check(), {
    isSound: true,
    verified: { files: 5, bytes: 570_500, missing: 0, damaged: 0, orphaned: 0 },
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
  assert.deepEqual(verified, { files: 5, bytes: 570_500, missing: 1, damaged: 2, orphaned: 1 });
});

test("a blob cut back to an earlier sound state is found by its size and its SHA-256", async (t) => {
  const { check, dataDir } = await storedFiles(t, sizes);
  const database = new Database(join(dataDir, "catalog.db"));
  database.exec("UPDATE files SET sha256 = '00' WHERE path LIKE '%third.csv'");
  database.exec("UPDATE files SET size = size + 1 WHERE path LIKE '%large.csv'");
  database.close();
  assert.deepEqual((await check()).findings, [
    "damaged /inbound/large.csv",
    "damaged /inbound/third.csv",
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
