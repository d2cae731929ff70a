/**
 * The word `backup`: a copy of what a bridge has stored, as it was at one moment, made while the bridge
 * works on it or not. Neither the master key nor a host key is in it: with it alone nobody reads a file.
 */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SettingError } from "../../shared/settings.ts";
import { TemporaryFailure } from "../start-failure.ts";
import { syncFolder } from "../sync-folder.ts";
import { listBlobs, removeBlob } from "../vault/blob/files.ts";
import { CatalogView, type SnapshotBlob, snapshotCatalog } from "../vault/catalog/snapshot.ts";
import { holdRemovals } from "../vault/removal-hold.ts";
import { copyBlob } from "./copying.ts";
import { lastSizeOf } from "./last-size.ts";

/** A file that was reopened while it was copied is copied with the next snapshot; so often. */
const MOST_ROUNDS = 20;

/** What a backup says of itself, in `backup.json`, which is written last. */
export interface BackupNote {
  madeAt: string;
  /** Blobs that are files of their own; small ones are in its catalog. */
  blobs: number;
}

export const NOTE = "backup.json";

/**
 * Brings the backup in `target` up to date: only blobs that are not in it yet are copied, and those of
 * files that are gone leave it at the end. Killed, it leaves the backup before, and is done again.
 *
 * @param now milliseconds since the epoch
 * @returns whether all that the catalog names was there to be copied
 * @throws {SettingError} when there is nothing to copy, or `target` is no place for it
 * @throws {TemporaryFailure} when another backup of the folder is running
 */
export async function backup(
  dataDir: string,
  target: string,
  { now, write }: { now(): number; write(line: string): void },
): Promise<boolean> {
  await checkPlaces(dataDir, target);
  const hold = takeHold(dataDir);
  try {
    const counts = await copyAll(dataDir, target, now, write);
    write(
      `${counts.blobs} blobs and the catalog are in ${target}: ${counts.copied} copied, ${counts.missing} missing, ${counts.left} of before removed. The master key and the host keys are not in it; keep them elsewhere.`,
    );
    return counts.missing === 0;
  } finally {
    hold.release();
  }
}

async function checkPlaces(dataDir: string, target: string): Promise<void> {
  const inside = resolve(target) + "/";
  if (inside.startsWith(resolve(dataDir) + "/")) {
    throw new SettingError(`The backup folder ${target} is in DATA_DIR; take one elsewhere.`);
  }
  await stat(join(dataDir, "catalog.db")).catch((error: Error) => {
    throw new SettingError(
      `DATA_DIR is "${dataDir}"; no bridge has stored anything there: ${error.message}`,
    );
  });
  await mkdir(join(target, "blobs"), { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new SettingError(`The backup folder ${target} cannot be made: ${error.message}`);
  });
}

function takeHold(dataDir: string): { release(): void } {
  try {
    return holdRemovals(dataDir);
  } catch (error) {
    throw new TemporaryFailure((error as Error).message);
  }
}

interface Counts {
  blobs: number;
  copied: number;
  missing: number;
  left: number;
}

async function copyAll(
  dataDir: string,
  target: string,
  now: () => number,
  write: (line: string) => void,
): Promise<Counts> {
  const counts: Counts = { blobs: 0, copied: 0, missing: 0, left: 0 };
  const fresh = join(target, "catalog.db.new");
  for (let round = 1;; round++) {
    const madeAt = new Date(now()).toISOString();
    await rm(fresh, { force: true });
    snapshotCatalog(join(dataDir, "catalog.db"), fresh);
    const changed = await copyBlobsOf(fresh, dataDir, target, counts, write);
    if (changed > 0 && round < MOST_ROUNDS) continue;
    if (changed > 0) throw new Error(`${changed} files were reopened each time they were copied.`);
    await putInPlace(fresh, target, { madeAt, blobs: counts.blobs });
    counts.left = await removeOthers(target);
    return counts;
  }
}

/** Copies what the snapshot names; answers how many blobs were changed since it was made. */
async function copyBlobsOf(
  snapshot: string,
  dataDir: string,
  target: string,
  counts: Counts,
  write: (line: string) => void,
): Promise<number> {
  const [from, to] = [join(dataDir, "blobs"), join(target, "blobs")];
  const [then, live] = [new CatalogView(snapshot), new CatalogView(join(dataDir, "catalog.db"))];
  let changed = 0;
  Object.assign(counts, { blobs: 0, missing: 0 });
  try {
    for (const file of then.blobs()) {
      const outcome = await copyBlob(from, to, file.blob);
      if (outcome !== "missing") counts.blobs++;
      else if (!file.isBeingWritten && file.size > 0) {
        counts.missing++;
        write(`missing: blob ${file.blob} of file ${file.id}`);
      }
      if (outcome !== "copied") continue;
      counts.copied++;
      if (!await isAsThen(file, live, to)) changed++;
    }
  } finally {
    then.close();
    live.close();
  }
  return changed;
}

/** Is the copy the state that the snapshot's row tells of? Of a file that is not reopened it is. */
async function isAsThen(then: SnapshotBlob, live: CatalogView, to: string): Promise<boolean> {
  if (then.isBeingWritten) return true;
  const file = live.fileOf(then.blob);
  if (!file) return await lastSizeOf(to, then.blob) === then.size;
  return !file.isBeingWritten && file.size === then.size && file.sha256 === then.sha256;
}

/** From here on the folder is this backup. */
async function putInPlace(fresh: string, target: string, note: BackupNote): Promise<void> {
  {
    await using handle = await open(fresh, "r+");
    await handle.chmod(0o600);
    await handle.sync();
  }
  await rename(fresh, join(target, "catalog.db"));
  const aside = join(target, `${NOTE}.new`);
  await writeFile(aside, `${JSON.stringify(note)}\n`, { mode: 0o600, flush: true });
  await rename(aside, join(target, NOTE));
  await syncFolder(target);
}

/** Blobs of an earlier backup whose files are gone. */
async function removeOthers(target: string): Promise<number> {
  const catalog = new CatalogView(join(target, "catalog.db"));
  let removed = 0;
  try {
    for await (const blob of listBlobs(join(target, "blobs"))) {
      if (catalog.fileOf(blob)) continue;
      await removeBlob(join(target, "blobs"), blob);
      removed++;
    }
  } finally {
    catalog.close();
  }
  return removed;
}

/** @throws {SettingError} when the folder is no backup, or one that was not ended */
export async function readNote(folder: string): Promise<BackupNote> {
  try {
    return JSON.parse(await readFile(join(folder, NOTE), "utf8"));
  } catch (error) {
    throw new SettingError(
      `${folder} is no backup that was made to its end: ${(error as Error).message}`,
    );
  }
}
