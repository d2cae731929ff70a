/**
 * The word `restore`: a backup becomes a bridge's folder again. The master key is not in a backup; it
 * has to be there before, and is tried before anything is copied.
 */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { SettingError } from "../shared/settings.ts";
import { takeFolder } from "./open.ts";
import type { StorageSettings } from "./settings.ts";
import { openStoredKeyring } from "./stored-keyring.ts";
import { syncFolder } from "./sync-folder.ts";
import { listBlobs } from "./vault/blob/files.ts";
import { Catalog } from "./vault/catalog/catalog.ts";
import { verifyStored } from "./verify.ts";
import { readNote } from "./backup/backup.ts";
import { copyBlob, copyDurably } from "./backup/copying.ts";

/** The catalog until all its blobs are there; a bridge does not start on it. */
const UNFINISHED = "catalog.db.restoring";

/**
 * Copies the backup in `source` into an empty `DATA_DIR` and verifies all of it. Killed, it is done again
 * and goes on.
 *
 * @param now milliseconds since the epoch
 * @returns whether verifying found nothing
 * @throws {SettingError} when something is stored in `DATA_DIR`, `source` is no backup, or the master key
 *   is not the backup's
 * @throws {TemporaryFailure} when a bridge runs on `DATA_DIR`, or the master key's token is away
 */
export async function restore(
  settings: StorageSettings,
  source: string,
  { now, write }: { now(): number; write(line: string): void },
): Promise<boolean> {
  const { dataDir } = settings;
  const { madeAt } = await readNote(source);
  await mkdir(join(dataDir, "blobs"), { recursive: true, mode: 0o700 });
  const lock = takeFolder(dataDir);
  try {
    await refuseUnlessEmpty(dataDir);
    await takeCatalog(settings, source, now);
    for await (const blob of listBlobs(join(source, "blobs"))) {
      await copyBlob(join(source, "blobs"), join(dataDir, "blobs"), blob);
    }
    await rename(join(dataDir, UNFINISHED), join(dataDir, "catalog.db"));
    await syncFolder(dataDir);
  } finally {
    lock.release();
  }
  write(`The backup of ${madeAt} is in ${dataDir}. It is verified:`);
  return await verifyStored(settings, { json: false, now, write });
}

async function refuseUnlessEmpty(dataDir: string): Promise<void> {
  if (await exists(join(dataDir, UNFINISHED))) return;
  let isUsed = await exists(join(dataDir, "catalog.db"));
  for await (const _ of listBlobs(join(dataDir, "blobs"))) {
    isUsed = true;
    break;
  }
  if (!isUsed) return;
  throw new SettingError(
    `DATA_DIR is "${dataDir}", and something is stored there; a backup is restored into a folder with nothing but the master key and the host keys.`,
  );
}

/** Takes the backup's catalog, if the keyring opens its keys; otherwise nothing is left of it. */
async function takeCatalog(
  { dataDir, keyring: place }: StorageSettings,
  source: string,
  now: () => number,
): Promise<void> {
  const unfinished = join(dataDir, UNFINISHED);
  try {
    await copyDurably(join(source, "catalog.db"), unfinished);
    const catalog = new Catalog(unfinished, now);
    try {
      (await openStoredKeyring(place, catalog.keys, now)).close();
    } finally {
      catalog.close();
    }
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    // SQLite's own files beside it would not go with the new name; all of them is in it.
    for (const end of ["-wal", "-shm"]) await rm(unfinished + end, { force: true });
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(() => true, () => false);
}
