/**
 * The files of the homes. Each change of one is told to the ledger in the transaction that makes it.
 *
 * The blob of a file is created after its row, and a blob that nothing points to any more is doomed
 * until it is removed, so that no crash leaves bytes nobody knows of.
 */
import type { Sender } from "../../../shared/protocol.ts";
import { newBlobId } from "../blob/files.ts";
import type { CatalogDatabase } from "./database.ts";
import type { DoomedBlobs } from "./doomed-blobs.ts";
import { type BlobReference, type CatalogFile, fileOfRow, type FileRow } from "./file.ts";
import type { Ledger } from "./ledger.ts";

/** A file the service puts into a home: its blob is written and synced before it is delivered. */
export interface Delivery {
  reference: BlobReference;
  size: number;
}

export class Files {
  readonly #database: CatalogDatabase;
  readonly #ledger: Ledger;
  readonly #doomed: DoomedBlobs;
  readonly #now: () => number;

  constructor(
    database: CatalogDatabase,
    { ledger, doomed, now }: { ledger: Ledger; doomed: DoomedBlobs; now: () => number },
  ) {
    this.#database = database;
    this.#ledger = ledger;
    this.#doomed = doomed;
    this.#now = now;
  }

  find(schoolId: number, path: string): CatalogFile | undefined {
    return this.#select("school_id = ? AND path = ?", schoolId, path)[0];
  }

  file(id: number): CatalogFile | undefined {
    return this.#select("id = ?", id)[0];
  }

  list(schoolId: number, folder: string): CatalogFile[] {
    return this.#select(
      "school_id = ? AND path > ? AND path < ? ORDER BY path",
      schoolId,
      `${folder}/`,
      `${folder}0`, // "0" is the character after "/"
    );
  }

  inState(state: CatalogFile["state"]): CatalogFile[] {
    return this.#select("state = ? ORDER BY id", state);
  }

  #select(where: string, ...values: unknown[]): CatalogFile[] {
    return this.#database.all<FileRow>(`SELECT * FROM files WHERE ${where}`, ...values).map(
      fileOfRow,
    );
  }

  createPartial(schoolId: number, path: string, keyVersion: number, sender: Sender): CatalogFile {
    return this.#database.transaction(() => {
      const seconds = this.#now() / 1000;
      const { lastInsertRowid } = this.#database.run(
        `INSERT INTO files (school_id, path, blob, key_version, state, size, modified_at, accessed_at, sender)
         VALUES (?, ?, ?, ?, 'partial', 0, ?, ?, ?)`,
        schoolId,
        path,
        newBlobId(),
        keyVersion,
        seconds,
        seconds,
        JSON.stringify(sender),
      );
      return this.#told(Number(lastInsertRowid));
    });
  }

  startOver(id: number, keyVersion: number, sender: Sender): CatalogFile {
    return this.#database.transaction(() => {
      this.#doomed.add(this.file(id)!.blob);
      this.#database.run(
        `UPDATE files SET blob = ?, key_version = ?, state = 'partial', size = 0, modified_at = ?, sender = ?
         WHERE id = ?`,
        newBlobId(),
        keyVersion,
        this.#now() / 1000,
        JSON.stringify(sender),
        id,
      );
      return this.#told(id);
    });
  }

  markPartial(id: number, sender: Sender): CatalogFile {
    return this.#database.transaction(() => {
      this.#database.run(
        "UPDATE files SET state = 'partial', sender = ? WHERE id = ?",
        JSON.stringify(sender),
        id,
      );
      return this.#told(id);
    });
  }

  settleSize(id: number, state: "partial" | "complete", size: number, modifiedAt: number): void {
    this.#database.transaction(() => {
      this.#database.run(
        "UPDATE files SET state = ?, size = ?, modified_at = ? WHERE id = ?",
        state,
        size,
        modifiedAt,
        id,
      );
      this.#told(id);
    });
  }

  setTimes(id: number, times: { modifiedAt?: number; accessedAt?: number }): void {
    this.#database.run(
      "UPDATE files SET modified_at = coalesce(?, modified_at), accessed_at = coalesce(?, accessed_at) WHERE id = ?",
      times.modifiedAt ?? null,
      times.accessedAt ?? null,
      id,
    );
  }

  rename(id: number, path: string): void {
    this.#database.transaction(() => {
      const file = this.file(id)!;
      const replaced = this.find(file.schoolId, path);
      if (replaced && replaced.id !== id) this.removeIn(replaced);
      this.move(file, path);
    });
  }

  remove(id: number): void {
    this.#database.transaction(() => this.removeIn(this.file(id)!));
  }

  /** Removes the file; to be called within a transaction. */
  removeIn(file: CatalogFile): void {
    this.#doomed.add(file.blob);
    this.#database.run("DELETE FROM files WHERE id = ?", file.id);
    this.#ledger.tellFile(file, file.path, "removed");
  }

  /** Gives the file another path and state; to be called within a transaction. */
  move(file: CatalogFile, path: string, state = file.state): void {
    if (path === file.path) return;
    this.#database.run("UPDATE files SET path = ?, state = ? WHERE id = ?", path, state, file.id);
    this.#ledger.tellFile(file, file.path, "removed");
    this.#told(file.id);
  }

  /**
   * The delivery's blob becomes a file, in the place of one that has its path already; to be called
   * within a transaction.
   */
  put(path: string, delivery: Delivery, exportId: string | null): void {
    const { schoolId, blob, keyVersion } = delivery.reference;
    const before = this.find(schoolId, path);
    if (before) this.removeIn(before);
    const seconds = this.#now() / 1000;
    this.#doomed.forget(blob);
    const { lastInsertRowid } = this.#database.run(
      `INSERT INTO files (school_id, path, blob, key_version, state, size, modified_at, accessed_at, export_id)
       VALUES (?, ?, ?, ?, 'complete', ?, ?, ?, ?)`,
      schoolId,
      path,
      blob,
      keyVersion,
      delivery.size,
      seconds,
      seconds,
      exportId,
    );
    this.#told(Number(lastInsertRowid));
  }

  /** Tells of the file as it is now, and returns it. */
  #told(id: number): CatalogFile {
    const file = this.file(id)!;
    this.#ledger.tellFile(file, file.path, file.state);
    return file;
  }
}
