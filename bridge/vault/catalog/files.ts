/**
 * The files of the homes. Each change of one is told to the ledger in the transaction that makes it.
 *
 * The blob of a file is created after its row, and a blob that nothing points to any more is doomed
 * until it is removed, so that no crash leaves bytes nobody knows of.
 */
import type { SchoolId, Sender, UploadId } from "../../../shared/protocol.ts";
import { newBlobId } from "../blob/files.ts";
import type { CatalogDatabase } from "./database.ts";
import type { DoomedBlobs } from "./doomed-blobs.ts";
import {
  type BlobReference,
  type CatalogFile,
  fileOfRow,
  type FileRow,
  type FileState,
  type ListedFile,
} from "./file.ts";
import { refuseRetiredKey } from "./key-versions.ts";
import type { Ledger } from "./ledger.ts";
import { ReplacedFiles } from "./replaced.ts";

/** A file the service puts into a home: its blob is written and synced before it is delivered. */
export interface Delivery {
  reference: BlobReference;
  size: number;
  sha256?: string | undefined;
}

/** What a writer leaves behind. */
export interface Left {
  size: number;
  /** Where its first gap begins, if it has one that could not be cut off. */
  gapAt?: number | undefined;
  /** Seconds since the epoch. */
  modifiedAt: number;
  /** Of all its bytes, where the writer knows it. */
  sha256?: string | undefined;
  /** In which state its blob is, where that is in a file. */
  chain?: string | undefined;
  /** Why it left without a CLOSE, for the ledger. */
  why?: string | undefined;
}

export interface Renaming {
  /** Whose session renames it. */
  by: Sender;
  /** Whose file it is from then on. */
  sender: Sender | null;
}

/** The file has another blob by now, or is gone: what this writer left is nobody's. */
export class BlobReplaced extends Error {
  override readonly name = "BlobReplaced";
  constructor() {
    super(
      "The file was written anew, replaced or removed by another; these bytes are not its own.",
    );
  }
}

/** A result has the path of a file that is there already; nothing of it was delivered. */
export class PathTaken extends Error {
  override readonly name = "PathTaken";
  constructor() {
    super("There is a file already where a result is to be put; it was not replaced.");
  }
}

export const FILE_BY_PATH = "school_id = ? AND path = ?";
const BY_PATH = `SELECT * FROM files WHERE ${FILE_BY_PATH}`;
const BY_ID = "SELECT * FROM files WHERE id = ?";
export const FILES_OF_FOLDER = "school_id = ? AND path > ? AND path < ? ORDER BY path LIMIT ?";
/** No more columns than are shown: each costs a large folder as much as finding the row does. */
const LISTED = `SELECT id, path, size, modified_at AS modifiedAt, accessed_at AS accessedAt
  FROM files WHERE ${FILES_OF_FOLDER}`;
/** Not told by their state: a partial file that its writer has left has its right size already. */
export const FILES_BEING_WRITTEN = "being_written = 1 ORDER BY id";
/** The second half is what lets SQLite use the index of unfinished files. */
export const FILES_IN_STATE = "state = ? AND state != 'kept' ORDER BY id";

export class Files {
  readonly #database: CatalogDatabase;
  readonly #ledger: Ledger;
  readonly #doomed: DoomedBlobs;
  readonly #now: () => number;
  readonly #replaced: ReplacedFiles;

  constructor(
    database: CatalogDatabase,
    { ledger, doomed, now }: { ledger: Ledger; doomed: DoomedBlobs; now: () => number },
  ) {
    this.#database = database;
    this.#ledger = ledger;
    this.#doomed = doomed;
    this.#now = now;
    this.#replaced = new ReplacedFiles(database, doomed);
  }

  used(schoolId: SchoolId): { files: number; bytes: number } {
    const [used] = this.#database.all<{ files: number; bytes: number }>(
      "SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM files WHERE school_id = ?",
      schoolId,
    );
    return used!;
  }

  find(schoolId: SchoolId, path: string): CatalogFile | undefined {
    const row = this.#database.remembered<FileRow>(BY_PATH, schoolId, path);
    // Who found it by its path will soon ask for it by its id.
    if (row) this.#database.remember(row, BY_ID, row.id);
    return row && fileOfRow(row);
  }

  file(id: number): CatalogFile | undefined {
    const row = this.#database.remembered<FileRow>(BY_ID, id);
    return row && fileOfRow(row);
  }

  list(schoolId: SchoolId, folder: string, after: string, limit: number): ListedFile[] {
    // "0" is the character after "/".
    return this.#database.all<ListedFile>(
      LISTED,
      schoolId,
      `${folder}/${after}`,
      `${folder}0`,
      limit,
    );
  }

  inState(state: Exclude<FileState, "kept">): CatalogFile[] {
    return this.#select(FILES_IN_STATE, state);
  }

  after(id: number, limit: number): CatalogFile[] {
    return this.#select("id > ? ORDER BY id LIMIT ?", id, limit);
  }

  beingWritten(): CatalogFile[] {
    return this.#select(FILES_BEING_WRITTEN);
  }

  hasBlob(blob: string): boolean {
    return this.#database.first("SELECT 1 FROM files WHERE blob = ?", blob) !== undefined;
  }

  /** The path of another file of the school that has this hash. It reads all the school's rows. */
  pathOfHash({ id, schoolId }: CatalogFile, sha256: string): string | undefined {
    return this.#select("school_id = ? AND sha256 = ? AND id != ? LIMIT 1", schoolId, sha256, id)[0]
      ?.path;
  }

  #select(where: string, ...values: unknown[]): CatalogFile[] {
    return this.#database.all<FileRow>(`SELECT * FROM files WHERE ${where}`, ...values).map(
      fileOfRow,
    );
  }

  createPartial(schoolId: SchoolId, path: string, keyVersion: number, sender: Sender): CatalogFile {
    return this.#database.transaction(() => {
      refuseRetiredKey(this.#database, { schoolId, keyVersion });
      const seconds = this.#now() / 1000;
      const blob = newBlobId();
      const { lastInsertRowid } = this.#database.run(
        `INSERT INTO files (school_id, path, blob, key_version, state, being_written, size, modified_at, accessed_at, sender)
         VALUES (?, ?, ?, ?, 'partial', 1, 0, ?, ?, ?)`,
        schoolId,
        path,
        blob,
        keyVersion,
        seconds,
        seconds,
        JSON.stringify(sender),
      );
      const file: CatalogFile = {
        ...{ id: Number(lastInsertRowid), schoolId, path, blob, keyVersion, sender },
        ...{ state: "partial", size: 0, gapAt: null, sha256: null, chain: null },
        ...{ modifiedAt: seconds, accessedAt: seconds, exportId: null, uploadId: null },
      };
      this.#ledger.tellFile(file);
      return file;
    });
  }

  startOver(id: number, keyVersion: number, sender: Sender): CatalogFile {
    return this.#database.transaction(() => {
      const before = this.file(id)!;
      refuseRetiredKey(this.#database, { schoolId: before.schoolId, keyVersion });
      const isPromised = ["closed", "kept"].includes(before.state);
      if (!isPromised) this.#doomed.add(before.blob);
      this.#database.run(
        `UPDATE files SET blob = ?, key_version = ?, state = 'partial', being_written = 1, size = 0, gap_at = NULL, sha256 = NULL, chain = NULL,
           modified_at = ?, sender = ?, upload_id = NULL WHERE id = ?`,
        newBlobId(),
        keyVersion,
        this.#now() / 1000,
        JSON.stringify(sender),
        id,
      );
      if (isPromised) this.#replaced.setAside(before);
      return this.#told(id);
    });
  }

  replacedBy(id: number): CatalogFile | undefined {
    return this.#replaced.by(id);
  }

  /** The upload that was to replace it never came to anything: the path is its own again. */
  putBack(replaced: CatalogFile, by: CatalogFile): void {
    this.#database.transaction(() => {
      this.#doomed.add(by.blob);
      this.#replaced.putBack(replaced, by.id);
      this.#told(by.id);
    });
  }

  markPartial(id: number, sender: Sender): CatalogFile {
    return this.#database.transaction(() => {
      this.#database.run(
        "UPDATE files SET state = 'partial', being_written = 1, sha256 = NULL, chain = NULL, sender = ?, upload_id = NULL WHERE id = ?",
        JSON.stringify(sender),
        id,
      );
      return this.#told(id);
    });
  }

  settleSize(
    { id, blob }: { id: number; blob: string },
    state: "partial" | "closed",
    { size, gapAt, modifiedAt, sha256, chain, why }: Left,
  ): string | undefined {
    return this.#database.transaction(() => {
      const { changes } = this.#database.run(
        "UPDATE files SET state = ?, being_written = 0, size = ?, gap_at = ?, sha256 = ?, chain = ?, modified_at = ? WHERE id = ? AND blob = ?",
        state,
        size,
        gapAt ?? null,
        state === "closed" ? sha256 ?? null : null,
        state === "closed" ? chain ?? null : null,
        modifiedAt,
        id,
        blob,
      );
      if (changes !== 1) throw new BlobReplaced();
      this.#told(id, why);
      return state === "closed" ? this.#replaced.drop(id) : undefined;
    });
  }

  markGap({ id, blob }: { id: number; blob: string }, at: number | null): void {
    this.#database.run("UPDATE files SET gap_at = ? WHERE id = ? AND blob = ?", at, id, blob);
  }

  keep(id: number): void {
    this.#database.run("UPDATE files SET state = 'kept' WHERE id = ? AND state = 'closed'", id);
  }

  setHash({ id, blob }: { id: number; blob: string }, sha256: string): void {
    this.#database.run("UPDATE files SET sha256 = ? WHERE id = ? AND blob = ?", sha256, id, blob);
  }

  setTimes(id: number, times: { modifiedAt?: number; accessedAt?: number }): void {
    this.#database.run(
      "UPDATE files SET modified_at = coalesce(?, modified_at), accessed_at = coalesce(?, accessed_at) WHERE id = ?",
      times.modifiedAt ?? null,
      times.accessedAt ?? null,
      id,
    );
  }

  rename(id: number, path: string, { by, sender }: Renaming): void {
    this.#database.transaction(() => {
      const file = this.file(id)!;
      if (path === file.path) return;
      const replaced = this.find(file.schoolId, path);
      if (replaced) this.removeIn(replaced, by);
      // Under its new name it may be one that a lane takes.
      const state = file.state === "kept" ? "closed" : file.state;
      this.move(file, path, { state, sender, uploadId: null }, by);
    });
  }

  remove(id: number, by: Sender | null, why?: string): void {
    this.#database.transaction(() => this.removeIn(this.file(id)!, by, why));
  }

  /** Removes the file; to be called within a transaction. */
  removeIn(file: CatalogFile, by: Sender | null, why?: string): void {
    this.#doomed.add(file.blob);
    this.#replaced.drop(file.id);
    this.#database.run("DELETE FROM files WHERE id = ?", file.id);
    this.#ledger.tellGone(file, "removed", by, why);
  }

  /**
   * Gives the file another path, and what goes with it, `by` a session or the service; to be called
   * within a transaction.
   */
  move(
    file: CatalogFile,
    path: string,
    { state, sender, uploadId }: Pick<CatalogFile, "state" | "sender" | "uploadId">,
    by: Sender | null = null,
  ): void {
    this.#database.run(
      "UPDATE files SET path = ?, state = ?, sender = ?, upload_id = ? WHERE id = ?",
      path,
      state,
      sender && JSON.stringify(sender),
      uploadId,
      file.id,
    );
    // What was replaced has no path that anybody was told of.
    if (file.state !== "replaced") this.#ledger.tellGone(file, "moved", by);
    this.#told(file.id);
  }

  /** The delivery's blob becomes a file; to be called within a transaction. */
  put(
    path: string,
    delivery: Delivery,
    of: { exportId?: string; uploadId?: UploadId } = {},
  ): void {
    const { schoolId, blob, keyVersion } = delivery.reference;
    refuseRetiredKey(this.#database, delivery.reference);
    if (this.find(schoolId, path)) throw new PathTaken();
    const seconds = this.#now() / 1000;
    this.#doomed.forget(blob);
    const { lastInsertRowid } = this.#database.run(
      `INSERT INTO files (school_id, path, blob, key_version, state, size, sha256, modified_at, accessed_at, export_id, upload_id)
       VALUES (?, ?, ?, ?, 'kept', ?, ?, ?, ?, ?, ?)`,
      schoolId,
      path,
      blob,
      keyVersion,
      delivery.size,
      delivery.sha256 ?? null,
      seconds,
      seconds,
      of.exportId ?? null,
      of.uploadId ?? null,
    );
    this.#told(Number(lastInsertRowid));
  }

  /** Removes all files of the school, untold; to be called within a transaction. */
  purge(schoolId: SchoolId): void {
    this.#database.run(
      "INSERT OR IGNORE INTO doomed_blobs SELECT blob FROM files WHERE school_id = ?",
      schoolId,
    );
    this.#database.run("DELETE FROM files WHERE school_id = ?", schoolId);
  }

  /** Tells of the file as it is now, and returns it. */
  #told(id: number, why?: string): CatalogFile {
    const file = this.file(id)!;
    this.#ledger.tellFile(file, why);
    return file;
  }
}
