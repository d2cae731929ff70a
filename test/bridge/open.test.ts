// SPEC section 8: start-up. What was stored is opened whole, or not at all and left as it is.
import assert from "node:assert/strict";
import { mkdir, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openStored } from "../../bridge/open.ts";
import { TemporaryFailure } from "../../bridge/start-failure.ts";
import { SettingError } from "../../shared/settings.ts";
import { temporaryFolder } from "./vault/temporary-folder.ts";
import { sender } from "./vault/catalog/version-0.ts";
import { idOfSchool } from "./school-id.ts";

/** A folder in which a bridge has stored a file. */
async function usedFolder(t: TestContext) {
  const dataDir = join(await temporaryFolder(t), "bridge");
  const masterKeyFile = join(dataDir, "master.key");
  const settings = { dataDir, keyring: { kind: "file" as const, file: masterKeyFile } };
  const open = () => openStored(settings, { now: Date.now });
  const stored = await open();
  const { version } = await stored.keys.current(idOfSchool(1));
  const file = stored.catalog.createPartial(idOfSchool(1), "/inbound/a.csv", version, sender);
  const { blob, release } = await stored.vault.use(file, { mayBeNew: true });
  await blob.write(0, Buffer.from("rows"));
  await blob.sync();
  await release();
  stored.catalog.settleSize(file, "closed", { size: 4, modifiedAt: 1 });
  stored.close();
  return { dataDir, masterKeyFile, open };
}

async function read(stored: Awaited<ReturnType<typeof openStored>>): Promise<string> {
  const { blob, release } = await stored.vault.use(
    stored.catalog.find(idOfSchool(1), "/inbound/a.csv")!,
  );
  try {
    return (await blob.read(0, 100)).toString();
  } finally {
    await release();
  }
}

/** Both names of the setting and what to do are in one line. */
function settingError(name: string, says: RegExp) {
  return (error: Error) => {
    assert.ok(error instanceof SettingError, String(error));
    assert.match(error.message, says);
    assert.ok(error.message.startsWith(name) && !error.message.includes("\n"), error.message);
    return true;
  };
}

test("a missing master key is not replaced when a key of a school is stored: the bridge does not start", async (t) => {
  const { masterKeyFile, dataDir, open } = await usedFolder(t);
  await rename(masterKeyFile, `${dataDir}.master`);
  const before = await readdir(dataDir);
  await assert.rejects(open(), settingError("MASTER_KEY_FILE", /missing.*Restore it/));
  assert.deepEqual(await readdir(dataDir), before);
  await rename(`${dataDir}.master`, masterKeyFile);
  const stored = await open();
  assert.equal(await read(stored), "rows");
  stored.close();
});

test("an empty or missing catalog in a folder that was used is not taken for a new one: the bridge does not start", async (t) => {
  const { dataDir, open } = await usedFolder(t);
  const catalog = join(dataDir, "catalog.db");
  await truncate(catalog, 0);
  await assert.rejects(open(), settingError("DATA_DIR", /missing or empty.*Restore catalog.db/));
  await rm(catalog);
  await assert.rejects(open(), settingError("DATA_DIR", /missing or empty/));
  assert.ok(!(await readdir(dataDir)).includes("catalog.db"));
});

test("what a stopped bridge leaves of its catalog is one file", async (t) => {
  const { dataDir } = await usedFolder(t);
  const left = (await readdir(dataDir)).filter((name) => name.startsWith("catalog.db"));
  assert.deepEqual(left, ["catalog.db"]);
});

test("a folder that another bridge has may become free", async (t) => {
  const { open } = await usedFolder(t);
  const stored = await open();
  await assert.rejects(open(), TemporaryFailure);
  stored.close();
  (await open()).close();
});

test("a DATA_DIR that is a file is the setting's fault", async (t) => {
  const dataDir = join(await temporaryFolder(t), "file");
  await writeFile(dataDir, "");
  await assert.rejects(
    openStored({ dataDir, keyring: { kind: "file", file: join(dataDir, "m") } }, { now: Date.now }),
    settingError("DATA_DIR", /takes a folder/),
  );
});

test("a DATA_DIR where no folder can be made, or SQLite cannot work, is said at once", async (t) => {
  const folder = await temporaryFolder(t);
  const open = (dataDir: string) =>
    openStored({
      dataDir,
      keyring: { kind: "file", file: join(folder, "master.key") },
    }, { now: Date.now });
  await assert.rejects(
    open("/proc/rosterbridge/data"),
    settingError("DATA_DIR", /takes a folder that is there or can be made/),
  );
  for (const file of ["lock.db", "catalog.db"]) {
    const dataDir = join(folder, file);
    await mkdir(join(dataDir, file), { recursive: true });
    await assert.rejects(open(dataDir), settingError("DATA_DIR", /SQLite cannot use/));
  }
  const dataDir = join(folder, "garbage");
  await mkdir(dataDir);
  await writeFile(join(dataDir, "catalog.db"), "no database at all".repeat(100));
  await assert.rejects(open(dataDir), settingError("DATA_DIR", /SQLite cannot use catalog\.db/));
});
