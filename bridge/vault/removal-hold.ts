/**
 * Keeps blobs from removal while a backup copies them. It is another process, so the two agree through a
 * lock of SQLite's on `hold.db`, which the system lets go of however a process ends.
 */
import Database from "libsql";
import { join } from "node:path";

/** The bridge keeps its right to remove so long after a removal: asking for each one would be dear. */
const KEPT_MS = 100;

function openHold(folder: string, timeoutMs: number): Database.Database {
  return new Database(join(folder, "hold.db"), { timeout: timeoutMs });
}

/** May blobs be removed now? */
export interface Removal {
  /** Removes something, unless a backup holds it: then nothing is done, and the answer is false. */
  remove(work: () => Promise<void>): Promise<boolean>;
}

/** The side of the bridge, which removes. */
export class RemovalRight implements Removal {
  readonly #database: Database.Database;
  #isOurs = false;
  #removing = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param folder the bridge's `DATA_DIR` */
  constructor(folder: string) {
    this.#database = openHold(folder, 0);
  }

  async remove(work: () => Promise<void>): Promise<boolean> {
    if (!this.#take()) return false;
    this.#removing++;
    try {
      await work();
    } finally {
      this.#removing--;
    }
    return true;
  }

  #take(): boolean {
    if (this.#isOurs) return true;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (/locked|busy/i.test((error as Error).message)) return false;
      throw error;
    }
    this.#isOurs = true;
    this.#timer = setTimeout(() => this.#giveBack(), KEPT_MS).unref();
    return true;
  }

  #giveBack(): void {
    if (this.#removing > 0) {
      this.#timer = setTimeout(() => this.#giveBack(), KEPT_MS).unref();
      return;
    }
    this.#isOurs = false;
    this.#database.exec("ROLLBACK");
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#database.close();
  }
}

/**
 * The side of a backup: from here until `release` no blob of the folder is removed. It waits up to
 * `timeoutMs` for a removal that is under way.
 *
 * @throws Error when another backup holds the folder
 */
export function holdRemovals(folder: string, timeoutMs = 10_000): { release(): void } {
  const database = openHold(folder, timeoutMs);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!/locked|busy/i.test((error as Error).message)) throw error;
    throw new Error(`Another backup of ${folder} is running; wait until it has ended.`);
  }
  const release = () => {
    database.exec("ROLLBACK");
    database.close();
  };
  return { release };
}
