/**
 * One bridge a folder: a second one would take the first one's unfinished files for leftovers.
 */
import Database from "libsql";
import { join } from "node:path";

/** Another bridge has the folder. */
export class FolderInUse extends Error {}

/**
 * Takes the folder for this process, as long as it lives: an SQLite transaction that is never ended,
 * as the system lets go of its lock however the process ends. Throws when another process has it.
 */
export function lockFolder(folder: string): { release(): void } {
  const database = new Database(join(folder, "lock.db"));
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!/locked|busy/i.test((error as Error).message)) throw error;
    throw new FolderInUse(`${folder} is in use by another bridge; only one may work on a folder.`);
  }
  return { release: () => database.close() };
}
