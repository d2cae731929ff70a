/**
 * Files under older versions of their school's key, and what becomes of them when the key is rotated.
 * That a rotation is under way is told by nothing but a school with more than one version.
 */
import type { CommandDone, SchoolId } from "../../../shared/protocol.ts";
import type { CommandsDone } from "./commands.ts";
import type { CatalogDatabase } from "./database.ts";
import type { DoomedBlobs } from "./doomed-blobs.ts";
import { type BlobReference, type CatalogFile, fileOfRow, type FileRow } from "./file.ts";
import type { Ledger } from "./ledger.ts";
import type { StoredKeys } from "./school-keys.ts";

/** What was reserved or begun under a version of the key that was destroyed meanwhile; to be done again. */
export class KeyRetired extends Error {
  override readonly name = "KeyRetired";
  constructor() {
    super("The storage key was rotated meanwhile; this has to be done again.");
  }
}

export const FILES_UNDER_OLDER =
  "school_id = ? AND path > ? AND key_version < ? AND being_written = 0 ORDER BY path LIMIT ?";
const COUNT_UNDER_OLDER =
  "SELECT count(*) AS files FROM files WHERE school_id = ? AND key_version < ?";

/** To be called within the transaction that makes a file under this version. @throws {KeyRetired} */
export function refuseRetiredKey(
  database: CatalogDatabase,
  { schoolId, keyVersion }: Pick<BlobReference, "schoolId" | "keyVersion">,
): void {
  const next = database.remembered<{ version: number }>(
    "SELECT version FROM school_keys WHERE school_id = ? AND version >= ? ORDER BY version LIMIT 1",
    schoolId,
    keyVersion,
  );
  if (next && next.version !== keyVersion) throw new KeyRetired();
}

interface Parts {
  keys: StoredKeys;
  commands: CommandsDone;
  ledger: Ledger;
  doomed: DoomedBlobs;
}

export class KeyVersions {
  readonly #database: CatalogDatabase;
  readonly #parts: Parts;
  /** Files that are being copied; true: one was opened to be written since. */
  readonly #watched = new Map<number, boolean>();

  constructor(database: CatalogDatabase, parts: Parts) {
    this.#database = database;
    this.#parts = parts;
  }

  /** A new version is there, the command that asked for it acknowledged, and it is told. */
  begin(schoolId: SchoolId, version: number, wrapped: Uint8Array, command: CommandDone): void {
    const { keys, commands, ledger } = this.#parts;
    this.#database.transaction(() => {
      keys.save(schoolId, version, wrapped);
      commands.record(command);
      const filesLeft = this.filesLeft(schoolId, version);
      ledger.recordStorageKey(schoolId, { version, state: "rotating", filesLeft });
    });
  }

  /** Schools with more than one version of their key, and the newest. */
  rotating(): { schoolId: SchoolId; version: number }[] {
    return this.#database.all(
      `SELECT school_id AS schoolId, max(version) AS version FROM school_keys
       GROUP BY school_id HAVING count(*) > 1`,
    );
  }

  /** Files under a version before this one, also those that are being written. */
  filesLeft(schoolId: SchoolId, version: number): number {
    return this.#database.all<{ files: number }>(COUNT_UNDER_OLDER, schoolId, version)[0]!.files;
  }

  /** Some of them that nobody is writing, in the order of their paths. */
  files(schoolId: SchoolId, version: number, after: string, limit: number): CatalogFile[] {
    return this.#database.all<FileRow>(
      `SELECT * FROM files WHERE ${FILES_UNDER_OLDER}`,
      schoolId,
      after,
      version,
      limit,
    ).map(fileOfRow);
  }

  /** From here on it is noticed when the file is opened to be written. */
  watch(file: CatalogFile): void {
    this.#watched.set(file.id, false);
  }

  /** It was opened to be written. */
  written(id: number): void {
    if (this.#watched.has(id)) this.#watched.set(id, true);
  }

  /**
   * The file has its bytes in another blob from now on, if nobody has written, replaced or removed it
   * since {@link watch}; the old one is doomed.
   */
  replaceBlob(file: CatalogFile, by: BlobReference): boolean {
    const wasWritten = this.#watched.get(file.id) ?? true;
    this.#watched.delete(file.id);
    if (wasWritten) return false;
    return this.#database.transaction(() => {
      const { changes } = this.#database.run(
        "UPDATE files SET blob = ?, key_version = ?, chain = NULL WHERE id = ? AND blob = ? AND being_written = 0",
        by.blob,
        by.keyVersion,
        file.id,
        file.blob,
      );
      if (changes !== 1) return false;
      this.#parts.doomed.forget(by.blob);
      this.#parts.doomed.add(file.blob);
      return true;
    });
  }

  progress(schoolId: SchoolId, version: number): void {
    const filesLeft = this.filesLeft(schoolId, version);
    this.#parts.ledger.recordStorageKey(schoolId, { version, state: "rotating", filesLeft });
  }

  /**
   * Destroys all versions before this one, if no file is under them any more; no trace of them stays in
   * the catalog.
   */
  destroyOlder(schoolId: SchoolId, version: number): boolean {
    let isDone = false;
    this.#database.erasing(() => {
      if (this.filesLeft(schoolId, version) > 0) return;
      this.#database.run(
        "DELETE FROM school_keys WHERE school_id = ? AND version < ?",
        schoolId,
        version,
      );
      this.#parts.ledger.recordStorageKey(schoolId, { version, state: "current", filesLeft: 0 });
      isDone = true;
    });
    return isDone;
  }
}
