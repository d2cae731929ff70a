// `bridge backup` and `bridge restore`, step by step; whole and under load in end-to-end/backup.test.ts.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFile, cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { backup } from "../../bridge/backup/backup.ts";
import { restore } from "../../bridge/restore.ts";
import { openStored } from "../../bridge/open.ts";
import { TemporaryFailure } from "../../bridge/start-failure.ts";
import { blobPath } from "../../bridge/vault/blob/files.ts";
import { holdRemovals } from "../../bridge/vault/removal-hold.ts";
import { SettingError } from "../../shared/settings.ts";
import { sender } from "./vault/catalog/version-0.ts";
import { temporaryFolder } from "./vault/temporary-folder.ts";
import { idOfSchool } from "./school-id.ts";
import { until } from "../until.ts";

async function running(t: TestContext) {
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, "bridge");
  const masterKey = join(folder, "master.key");
  const settings = { dataDir, keyring: { kind: "file" as const, file: masterKey } };
  const stored = await openStored(settings, { now: Date.now });
  const put = async (name: string, size: number) => {
    const { version } = await stored.keys.current(idOfSchool(1));
    const file = stored.catalog.createPartial(idOfSchool(1), `/inbound/${name}`, version, sender);
    const { blob, release } = await stored.vault.use(file, { mayBeNew: true });
    await blob.write(0, randomBytes(size));
    await blob.sync();
    const left = { size, modifiedAt: 1, sha256: blob.sha256 };
    stored.catalog.settleSize(file, "closed", left);
    await release();
    return file;
  };
  const said: string[] = [];
  const surroundings = { now: Date.now, write: (line: string) => void said.push(line) };
  return { folder, dataDir, settings, stored, put, said, surroundings };
}

const exists = (file: string) => stat(file).then(() => true, () => false);

test("no blob is removed while a backup holds them, and it is removed when that has ended", async (t) => {
  const { dataDir, stored, put } = await running(t);
  t.after(() => stored.close());
  const file = await put("large.csv", 100_000);
  const path = blobPath(join(dataDir, "blobs"), file.blob);
  const hold = holdRemovals(dataDir);
  stored.catalog.remove(file.id, null);
  await stored.vault.sweep(file.blob);
  assert.equal(await exists(path), true);
  assert.throws(() => holdRemovals(dataDir, 10), /Another backup/);
  hold.release();
  await until(async () => !await exists(path));
  await until(() => !stored.catalog.isDoomed(file.blob));
});

test("a backup copies what is new, lets go of what is gone, and names what is missing", async (t) => {
  const { folder, dataDir, stored, put, said, surroundings } = await running(t);
  const target = join(folder, "backup");
  const [kept, gone] = [await put("kept.csv", 100_000), await put("gone.csv", 100_000)];
  await put("small.csv", 100);
  assert.equal(await backup(dataDir, target, surroundings), true);
  assert.match(said.pop()!, /^2 blobs .*: 2 copied, 0 missing, 0 of before removed/);
  stored.catalog.remove(gone.id, null);
  await put("new.csv", 100_000);
  assert.equal(await backup(dataDir, target, surroundings), true);
  assert.match(said.pop()!, /^2 blobs .*: 1 copied, 0 missing, 1 of before removed/);
  assert.equal(await exists(blobPath(join(target, "blobs"), gone.blob)), false);
  await rm(blobPath(join(dataDir, "blobs"), kept.blob));
  assert.equal(await backup(dataDir, target, surroundings), false);
  assert.match(said.join("\n"), new RegExp(`^missing: blob ${kept.blob}`));
  assert.equal((await readdir(target)).includes("master.key"), false);
  stored.close();
  const hold = holdRemovals(dataDir);
  await assert.rejects(backup(dataDir, join(dataDir, "backup"), surroundings), SettingError);
  hold.release();
});

test("files that are reopened while they are copied are in the backup as one moment's catalog tells", async (t) => {
  const { folder, dataDir, settings, stored, put, said, surroundings } = await running(t);
  const target = join(folder, "backup");
  const files = [];
  for (let at = 0; at < 30; at++) files.push(await put(`${at}.csv`, 100_000));
  const going = backup(dataDir, target, surroundings);
  for (const file of files.toReversed()) {
    const { blob, release } = await stored.vault.use(file);
    stored.catalog.markPartial(file.id, sender);
    await blob.write(100_000, randomBytes(5_000));
    await blob.sync();
    stored.catalog.settleSize(file, "closed", { size: 105_000, modifiedAt: 2 });
    await release();
  }
  assert.equal(await going, true);
  stored.close();
  await rm(dataDir, { recursive: true });
  assert.equal(await restore(settings, target, surroundings), true, said.join("\n"));
});

test("a restore that was killed leaves a folder that no bridge starts on, and goes on when it is done again", async (t) => {
  const { folder, dataDir, settings, stored, put, said, surroundings } = await running(t);
  const target = join(folder, "backup");
  const [one, two] = [await put("one.csv", 100_000), await put("two.csv", 100_000)];
  await backup(dataDir, target, surroundings);
  stored.close();
  await rm(dataDir, { recursive: true });
  const half = blobPath(join(dataDir, "blobs"), one.blob);
  await mkdir(dirname(half), { recursive: true });
  await copyFile(blobPath(join(target, "blobs"), one.blob), half);
  await copyFile(join(target, "catalog.db"), join(dataDir, "catalog.db.restoring"));
  await writeFile(`${blobPath(join(dataDir, "blobs"), one.blob)}.tmp`, "half");
  await assert.rejects(
    openStored(settings, { now: Date.now }),
    /catalog\.db.* is missing or empty/,
  );
  assert.equal(await restore(settings, target, surroundings), true, said.join("\n"));
  const again = await openStored(settings, { now: Date.now });
  const lease = await again.vault.use(again.catalog.find(idOfSchool(1), "/inbound/two.csv")!);
  assert.equal(lease.blob.size, 100_000);
  await lease.release();
  assert.ok(two.blob);
  // Somebody works on it now.
  await assert.rejects(restore(settings, target, surroundings), TemporaryFailure);
  again.close();
});

test("with another master key, or from a backup that was not ended, nothing is restored", async (t) => {
  const { folder, dataDir, settings, stored, put, surroundings } = await running(t);
  const target = join(folder, "backup");
  await put("one.csv", 100_000);
  await backup(dataDir, target, surroundings);
  stored.close();
  const fresh = join(folder, "fresh");
  const file = join(folder, "another.key");
  await writeFile(file, randomBytes(32), { mode: 0o600 });
  await assert.rejects(
    restore({ dataDir: fresh, keyring: { kind: "file", file } }, target, surroundings),
    /is not the one that the stored keys of the schools are wrapped with/,
  );
  const left = (await readdir(fresh)).filter((name) => name.startsWith("catalog"));
  assert.deepEqual(left, []);
  const cut = join(folder, "cut");
  await cp(target, cut, { recursive: true });
  await rm(join(cut, "backup.json"));
  await assert.rejects(restore({ ...settings, dataDir: fresh }, cut, surroundings), SettingError);
  await assert.rejects(restore(settings, target, surroundings), /something is stored there/);
});
