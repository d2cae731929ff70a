// `bridge rotate-master-key`: all stored keys are wrapped with another master key, or none.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { backup } from "../../bridge/backup/backup.ts";
import { openStored } from "../../bridge/open.ts";
import { rotateMasterKey } from "../../bridge/rotate-master-key.ts";
import type { KeyringPlace } from "../../bridge/vault/keys/open-keyring.ts";
import { bridgeProgram } from "../../scripts/programs.ts";
import { SettingError } from "../../shared/settings.ts";
import { verifyStored } from "../../bridge/verify.ts";
import { PIN, softHsm, SOFTHSM_MODULE } from "./vault/keys/softhsm.ts";
import { sender } from "./vault/catalog/version-0.ts";
import { temporaryFolder } from "./vault/temporary-folder.ts";
import { idOfSchool } from "./school-id.ts";

const hsm = softHsm();
after(() => hsm.remove());
const pinFile = join(hsm.folder, "pin");
await writeFile(pinFile, PIN, { mode: 0o600 });

const inToken = (keyLabel: string, tokenLabel = "bridge"): KeyringPlace => ({
  ...{ kind: "pkcs11", module: SOFTHSM_MODULE, tokenLabel, pinFile, keyLabel },
});
const inFile = (file: string): KeyringPlace => ({ kind: "file", file });

/** A folder with a file of each of three schools. */
async function usedFolder(t: TestContext, place?: KeyringPlace) {
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, "bridge");
  const first = place ?? inFile(join(dataDir, "master.key"));
  const stored = await openStored({ dataDir, keyring: first }, { now: Date.now });
  for (const schoolId of [1, 2, 3].map(idOfSchool)) {
    const { version } = await stored.keys.current(schoolId);
    const file = stored.catalog.createPartial(schoolId, "/inbound/a.csv", version, sender);
    const { blob, release } = await stored.vault.use(file, { mayBeNew: true });
    await blob.write(0, randomBytes(100_000));
    await blob.sync();
    const left = { size: blob.size, modifiedAt: 1, sha256: blob.sha256 };
    stored.catalog.settleSize(file, "closed", left);
    await release();
  }
  stored.close();
  const rotate = async (from: KeyringPlace, to: KeyringPlace) => {
    const said: string[] = [];
    const write = (line: string) => void said.push(line);
    await rotateMasterKey({ dataDir, keyring: from }, to, { now: Date.now, write });
    return said.join("\n");
  };
  return { folder, dataDir, first, rotate };
}

function isSound(dataDir: string, keyring: KeyringPlace): Promise<boolean> {
  return verifyStored({ dataDir, keyring }, { json: true, now: Date.now, write: () => {} });
}

const another = (error: Error) => {
  assert.ok(error instanceof SettingError, String(error));
  assert.match(error.message, /is not the one that the stored keys|does not know|missing/);
  return true;
};

test("from a file to a file in its place: the old key opens nothing any more, and is kept", async (t) => {
  const { folder, dataDir, first, rotate } = await usedFolder(t);
  const old = await readFile(join(dataDir, "master.key"));
  const earlier = join(folder, "backup");
  await backup(dataDir, earlier, { now: Date.now, write: () => {} });
  assert.match(
    await rotate(first, first),
    /wrapped with the file .*master\.key\. Start the bridge/,
  );
  assert.equal(await isSound(dataDir, first), true);
  assert.notDeepEqual(await readFile(join(dataDir, "master.key")), old);
  const names = (await readdir(dataDir)).filter((name) => name.startsWith("master.key"));
  assert.equal(names.length, 2);
  const kept = names.find((name) => /^master\.key\.until-\d{8}T\d{9}Z$/.test(name))!;
  assert.deepEqual(await readFile(join(dataDir, kept)), old);
  await assert.rejects(isSound(dataDir, inFile(join(dataDir, kept))), another);
  // A backup of before opens with the key of before, and not with the new one.
  await assert.rejects(isSound(earlier, first), another);
  assert.equal(await isSound(earlier, inFile(join(dataDir, kept))), true);
  const catalog = await readFile(join(dataDir, "catalog.db"));
  const log = await readFile(join(dataDir, "catalog.db-wal")).catch(() => Buffer.alloc(0));
  assert.equal(log.length, 0);
  assert.ok(catalog.length > 0);
});

test("from a file to a token, to another key of it, to another token, and back to a file", async (t) => {
  const { folder, dataDir, first, rotate } = await usedFolder(t);
  const way = [
    inToken("rotated once"),
    inToken("rotated twice"),
    inToken("elsewhere", "other"),
    inFile(join(folder, "back.key")),
  ];
  let place = first;
  for (const next of way) {
    const said = await rotate(place, next);
    assert.match(
      said,
      next.kind === "file" ? /KEYRING=file, MASTER_KEY_FILE=/ : /KEYRING=pkcs11, /,
    );
    assert.equal(await isSound(dataDir, next), true);
    await assert.rejects(isSound(dataDir, place), another);
    // Whoever does not know that it was done is told so, and nothing is changed.
    await rotate(place, next);
    assert.equal(await isSound(dataDir, next), true);
    place = next;
  }
});

test("the key in use is no new one, and a damaged stored key changes none", async (t) => {
  const place = inToken("same");
  const { dataDir, folder, rotate } = await usedFolder(t, place);
  await assert.rejects(rotate(place, place), /The new master key is the one in use/);
  const { default: Database } = await import("libsql");
  const database = new Database(join(dataDir, "catalog.db"));
  database.exec("UPDATE school_keys SET wrapped = zeroblob(61) WHERE school_id = 2");
  database.close();
  const next = inFile(join(folder, "new.key"));
  await assert.rejects(rotate(place, next), /A stored key does not open, so none was changed/);
  await assert.rejects(isSound(dataDir, next), another);
});

test("wherever a replacing in place was killed, the bridge opens what is stored, and doing it again ends it", async (t) => {
  const { folder, dataDir, first, rotate } = await usedFolder(t);
  const before = join(folder, "before");
  await cp(dataDir, before, { recursive: true });
  await rotate(first, first);
  const after = join(folder, "after");
  await cp(dataDir, after, { recursive: true });
  const [newKey, oldKey] = [join(after, "master.key"), join(before, "master.key")];
  const put = async (keys: Record<string, string>, catalog: string) => {
    await rm(dataDir, { recursive: true });
    await cp(catalog, dataDir, { recursive: true });
    for (const name of await readdir(dataDir)) {
      if (name.startsWith("master.key")) await rm(join(dataDir, name));
    }
    for (const [name, from] of Object.entries(keys)) await cp(from, join(dataDir, name));
  };
  const halfWay: [Record<string, string>, string][] = [
    [{ "master.key": oldKey, "master.key.new": newKey }, before],
    [{ "master.key": oldKey, "master.key.new": newKey }, after],
    [{ "master.key.new": newKey, "master.key.until-x": oldKey }, after],
    [{ "master.key": newKey, "master.key.until-x": oldKey }, after],
  ];
  for (const [keys, catalog] of halfWay) {
    await put(keys, catalog);
    assert.equal(await isSound(dataDir, first), true);
    await put(keys, catalog);
    await rotate(first, first);
    assert.equal(await isSound(dataDir, first), true);
    assert.equal((await readdir(dataDir)).includes("master.key.new"), false);
  }
});

test("killed at any moment, the keys open with the old master key or with the new one", async (t) => {
  const { folder, dataDir, first, rotate } = await usedFolder(t);
  const file = join(folder, "next.key");
  const places = [first, inFile(file)] as const;
  const { command, args, environment } = bridgeProgram({
    PATH: process.env["PATH"],
    DATA_DIR: dataDir,
    NEW_MASTER_KEY_FILE: file,
  });
  for (let round = 0; round < 8; round++) {
    const child = spawn(command, [...args, "rotate-master-key"], { env: environment });
    const ended = once(child, "exit");
    const timer = setTimeout(() => child.kill("SIGKILL"), 150 + round * 60);
    await ended;
    clearTimeout(timer);
    const opened: boolean[] = [];
    for (const place of places) {
      opened.push(
        await isSound(dataDir, place).catch((error) => !(error instanceof SettingError)),
      );
    }
    assert.equal(opened.filter(Boolean).length, 1);
  }
  await rotate(first, places[1]);
  assert.equal(await isSound(dataDir, places[1]), true);
});
