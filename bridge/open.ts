/**
 * Opens what a bridge has stored, for every word of the command line that needs it: the folder's lock,
 * the catalog, the keys and the vault. It needs no server, no worker and no port.
 */
import { open, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { SettingError } from "../shared/settings.ts";
import type { StorageSettings } from "./settings.ts";
import { TemporaryFailure } from "./start-failure.ts";
import { openStoredKeyring } from "./stored-keyring.ts";
import { listBlobs } from "./vault/blob/files.ts";
import { Catalog } from "./vault/catalog/catalog.ts";
import { CatalogTooNew } from "./vault/catalog/migrations.ts";
import { FolderInUse, lockFolder } from "./vault/folder-lock.ts";
import type { Keyring } from "./vault/keys/keyring.ts";
import { SchoolKeys } from "./vault/keys/school-keys.ts";
import { syncFolder } from "./sync-folder.ts";
import { RemovalRight } from "./vault/removal-hold.ts";
import { Vault } from "./vault/vault.ts";

/** What is stored in `DATA_DIR`, opened. */
export interface Stored {
  catalog: Catalog;
  keyring: Keyring;
  keys: SchoolKeys;
  vault: Vault;
  /** Lets go of the folder. */
  close(): void;
}

/** The catalog of `DATA_DIR`, without the keys that open anything. */
export interface StoredCatalog {
  catalog: Catalog;
  /** Where the blobs are. */
  blobs: string;
  /** Lets go of the folder. */
  close(): void;
}

/**
 * Opens `DATA_DIR`, or makes it on the first start if it `mayBeNew`.
 *
 * @param now milliseconds since the epoch
 * @throws {SettingError} when the folder cannot be used, or a part of what was stored is missing: what
 *   is there is left as it is
 * @throws {TemporaryFailure} when another bridge has the folder, or the master key's token is away
 */
export async function openStored(
  { dataDir, keyring: place }: StorageSettings,
  { now }: { now(): number },
  { mayBeNew = true } = {},
): Promise<Stored> {
  const { catalog, blobs, close } = await openCatalogOf(dataDir, { now }, { mayBeNew });
  try {
    const keyring = await openStoredKeyring(place, catalog.keys, now);
    const keys = new SchoolKeys(keyring, catalog.keys);
    const removal = new RemovalRight(dataDir);
    const vault = new Vault(catalog, keys, blobs, removal);
    await markMade(dataDir);
    const closeAll = () => {
      close();
      removal.close();
      keyring.close();
    };
    return { catalog, keyring, keys, vault, close: closeAll };
  } catch (error) {
    close();
    throw error;
  }
}

/** The same without the keyring. @throws as {@link openStored} */
export async function openCatalogOf(
  dataDir: string,
  { now }: { now(): number },
  { mayBeNew = true } = {},
): Promise<StoredCatalog> {
  const blobs = join(dataDir, "blobs");
  if (!mayBeNew) await refuseWithoutAnything(dataDir);
  await makeFolders(dataDir, blobs);
  const lock = takeFolder(dataDir);
  try {
    await refuseWithoutCatalog(dataDir, blobs);
    const catalog = openCatalog(dataDir, now);
    const close = () => {
      catalog.close();
      lock.release();
    };
    return { catalog, blobs, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Both folders, and their names are durable: no later fsync of a file promises that. */
async function makeFolders(dataDir: string, blobs: string): Promise<void> {
  try {
    await makeFolder(resolve(blobs), 0o700);
    await syncFolder(dataDir);
    await syncFolder(dirname(resolve(dataDir)));
  } catch (error) {
    throw new SettingError(
      `DATA_DIR is "${dataDir}"; it takes a folder that is there or can be made: ${
        (error as Error).message
      }`,
    );
  }
}

/** What may pass by itself: somebody else has the file, the disk is full or did not answer. */
const PASSING = /^SQLITE_(BUSY|LOCKED|FULL|IOERR)/;

function unusable(dataDir: string, file: string, error: Error & { code?: string }): Error {
  const sentence =
    `DATA_DIR is "${dataDir}", where SQLite cannot use ${file}: ${error.message}. It takes a folder on ` +
    "a disk of this machine; nothing was changed.";
  return PASSING.test(error.code ?? "")
    ? new TemporaryFailure(sentence)
    : new SettingError(sentence);
}

/** Locks the folder for this process. @throws {TemporaryFailure} when another bridge has it */
export function takeFolder(dataDir: string): { release(): void } {
  try {
    return lockFolder(dataDir);
  } catch (error) {
    if (error instanceof FolderInUse) throw new TemporaryFailure(error.message);
    throw unusable(dataDir, "lock.db", error as Error);
  }
}

async function refuseWithoutAnything(dataDir: string): Promise<void> {
  await stat(join(dataDir, "catalog.db")).catch((error: Error) => {
    throw new SettingError(
      `DATA_DIR is "${dataDir}"; no bridge has stored anything there: ${error.message}`,
    );
  });
}

/** Says that the folder had a catalog once. */
const MARK = "catalog.made";

async function markMade(dataDir: string): Promise<void> {
  const handle = await open(join(dataDir, MARK), "a", 0o600);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dataDir);
}

/** An empty catalog where there was one is a lost one: a bridge that began anew would show empty homes. */
async function refuseWithoutCatalog(dataDir: string, blobs: string): Promise<void> {
  const file = join(dataDir, "catalog.db");
  const size = await stat(file).then(({ size }) => size, (error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return 0;
    throw error;
  });
  if (size > 0) return;
  let isUsed = await stat(join(dataDir, MARK)).then(() => true, () => false);
  for await (const _ of listBlobs(blobs)) {
    isUsed = true;
    break;
  }
  if (!isUsed) return;
  throw new SettingError(
    `DATA_DIR is "${dataDir}"; it was used before, but catalog.db, which says what is whose, is missing or empty. Restore catalog.db from a backup of the same folder, or name a new folder; nothing was changed.`,
  );
}

function openCatalog(dataDir: string, now: () => number): Catalog {
  try {
    return new Catalog(join(dataDir, "catalog.db"), now);
  } catch (error) {
    if (error instanceof CatalogTooNew) throw new SettingError(`DATA_DIR: ${error.message}`);
    throw unusable(dataDir, "catalog.db", error as Error);
  }
}
