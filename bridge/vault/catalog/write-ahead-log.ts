/**
 * When what was committed survives power loss. SQLite writes each commit to its write-ahead log and
 * does not wait for the disk (`synchronous=NORMAL`); here one fsync, off the event loop, serves all
 * commits that came before it. SQLite itself syncs the log before it copies it into the database.
 */
import { statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** The folder of the catalog was moved away or removed: nothing more that is done here will be found. */
export class FolderGone extends Error {
  override readonly name = "FolderGone";
  readonly code = "ENOENT";
  constructor() {
    super("The folder with the catalog was moved away or removed while the bridge was running.");
  }
}

/**
 * The log could not be synced. What was committed is done, and whether it survives power loss nobody can
 * say any more: only a start reads again what is really there. It is no full disk that can be emptied.
 */
export class NotDurable extends Error {
  override readonly name = "NotDurable";
  constructor(cause: Error) {
    super(`The catalog could not be synced (${cause.message}); the bridge must be restarted.`, {
      cause,
    });
  }
}

export class WriteAheadLog {
  readonly #file: string;
  readonly #identity: string;
  #log: Promise<FileHandle> | undefined;
  #commits = 0;
  #durable = 0;
  #flushing: Promise<void> | undefined;
  #failure: NotDurable | undefined;
  #failed!: (error: NotDurable) => void;
  /** Resolves when an fsync failed, if one ever does. */
  readonly failed = new Promise<NotDurable>((resolve) => this.#failed = resolve);

  /**
   * @param file the database, whose log is beside it
   * @param identity its device and inode when it was opened
   */
  constructor(file: string, identity: string) {
    this.#file = file;
    this.#identity = identity;
  }

  /** Something was committed. */
  committed(): void {
    this.#commits++;
  }

  /**
   * Returns when everything committed so far survives power loss.
   *
   * @throws {FolderGone} as long as the folder is not where it was
   * @throws {NotDurable} after an fsync that failed, for good: the next one would say that all is written
   */
  async durable(): Promise<void> {
    const wanted = this.#commits;
    while (this.#durable < wanted) {
      this.#flushing ??= this.#flush().finally(() => this.#flushing = undefined);
      await this.#flushing;
    }
  }

  async #flush(): Promise<void> {
    if (this.#failure) throw this.#failure;
    // Whoever commits in the same turn of the event loop is served by the same fsync.
    await new Promise((resolve) => setImmediate(resolve));
    const commits = this.#commits;
    const log = await (this.#log ??= open(`${this.#file}-wal`, "r+"));
    const syncing = log.datasync().catch((error) => {
      this.#failure = new NotDurable(error);
      this.#failed(this.#failure);
      throw this.#failure;
    });
    await Promise.all([syncing, this.checkPlace()]);
    this.#durable = commits;
  }

  /** Did an fsync fail? Then what is in the log is not to be taken for what is on the disk. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** @throws {FolderGone} when another file, or none, has the database's name */
  async checkPlace(): Promise<void> {
    // Not off the event loop: SQLite has just written to the same folder, and a turn there costs more.
    const found = statSync(this.#file, { throwIfNoEntry: false });
    if (!found || `${found.dev}:${found.ino}` !== this.#identity) throw new FolderGone();
  }

  async close(): Promise<void> {
    await this.#flushing?.catch(() => {});
    const log = await this.#log?.catch(() => undefined);
    await log?.close();
  }
}
