/**
 * The catalog: which files each home holds, where their bytes are, and which are on their way to the
 * worker. A path is only ever a key in a table, never a path on the host.
 *
 * The blob of a file is created after its row, and a blob that nothing points to any more stands in
 * `doomed_blobs` until it is removed, so that no crash leaves bytes nobody knows of.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { formatTimeCode } from "../../../shared/time-code.ts";
import { type Stage, stageName } from "../../../shared/file-names.ts";
import type { CommandDone, FileState, Sender, UploadId } from "../../../shared/protocol.ts";
import { CatalogDatabase } from "./database.ts";
import { Ledger } from "./ledger.ts";

/** Where the bytes of a file are, and the version of the school's key they are encrypted with. */
export interface BlobReference {
  schoolId: number;
  blob: string;
  keyVersion: number;
}

/** A file of a home. Times are seconds since the epoch. */
export interface CatalogFile extends BlobReference {
  id: number;
  path: string;
  state: Exclude<FileState, "removed">;
  size: number;
  modifiedAt: number;
  accessedAt: number;
  /** Who sent it; `null` for what the service wrote. */
  sender: Sender | null;
  exportId: string | null;
}

/** An accepted file on its way to the worker. */
export interface OutboxEntry {
  number: number;
  uploadId: UploadId;
  fileId: number;
  schoolId: number;
  name: string;
  timeCode: string;
  /** Milliseconds since the epoch. */
  acceptedAt: number;
  sha256: string | null;
}

/** A file the service puts into a home: its blob is written and synced before it is delivered. */
export interface Delivery {
  reference: BlobReference;
  size: number;
}

export class Catalog {
  /** What is to be told to the worker. */
  readonly ledger: Ledger;
  readonly #database: CatalogDatabase;
  readonly #now: () => number;

  /** Opens or makes the catalog in `file`. `now` gives milliseconds since the epoch. */
  constructor(file: string, now: () => number) {
    this.#database = new CatalogDatabase(file);
    this.ledger = new Ledger(this.#database, now);
    this.#now = now;
  }

  close(): void {
    this.#database.close();
  }

  // Files

  find(schoolId: number, path: string): CatalogFile | undefined {
    return this.#files("school_id = ? AND path = ?", schoolId, path)[0];
  }

  file(id: number): CatalogFile | undefined {
    return this.#files("id = ?", id)[0];
  }

  /** The files of a folder, such as `/inbound`, in the order of their names. */
  list(schoolId: number, folder: string): CatalogFile[] {
    return this.#files(
      "school_id = ? AND path > ? AND path < ? ORDER BY path",
      schoolId,
      `${folder}/`,
      `${folder}0`, // "0" is the character after "/"
    );
  }

  filesInState(state: CatalogFile["state"]): CatalogFile[] {
    return this.#files("state = ? ORDER BY id", state);
  }

  #files(where: string, ...values: unknown[]): CatalogFile[] {
    return this.#database.all<FileRow>(`SELECT * FROM files WHERE ${where}`, ...values).map(
      fileOfRow,
    );
  }

  /** A new empty file that is being written: `partial`. Its blob is yet to be created. */
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

  /** The file is emptied to be written anew: it gets a new blob, the old one is doomed. */
  startOver(id: number, keyVersion: number, sender: Sender): CatalogFile {
    return this.#database.transaction(() => {
      this.#database.run("INSERT INTO doomed_blobs SELECT blob FROM files WHERE id = ?", id);
      const seconds = this.#now() / 1000;
      this.#database.run(
        `UPDATE files SET blob = ?, key_version = ?, state = 'partial', size = 0, modified_at = ?, sender = ?
         WHERE id = ?`,
        newBlobId(),
        keyVersion,
        seconds,
        JSON.stringify(sender),
        id,
      );
      return this.#told(id);
    });
  }

  /** The file is being written on: until its CLOSE it is `partial`. */
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

  /** What a writer left: `complete` after a clean CLOSE, `partial` otherwise. Size in bytes. */
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

  /** Gives the file another path; a file that has that path already gives way. */
  rename(id: number, path: string): void {
    this.#database.transaction(() => {
      const file = this.file(id)!;
      const replaced = this.find(file.schoolId, path);
      if (replaced && replaced.id !== id) this.#removeFile(replaced);
      this.#move(file, path);
    });
  }

  /** Takes the file out of the home; its blob is doomed. */
  remove(id: number): void {
    this.#database.transaction(() => this.#removeFile(this.file(id)!));
  }

  #removeFile(file: CatalogFile): void {
    this.#database.run("INSERT INTO doomed_blobs VALUES (?)", file.blob);
    this.#database.run("DELETE FROM files WHERE id = ?", file.id);
    this.ledger.tellFile(file, file.path, "removed");
  }

  #move(file: CatalogFile, path: string, state = file.state): void {
    if (path === file.path) return;
    this.#database.run("UPDATE files SET path = ?, state = ? WHERE id = ?", path, state, file.id);
    this.ledger.tellFile(file, file.path, "removed");
    this.#told(file.id);
  }

  // Acceptance and delivery

  /**
   * Accepts a settled roster: from here on it is the service's work. In one transaction it gets its
   * time code, its `.processing` name and its place in the outbox.
   */
  accept(id: number): OutboxEntry {
    return this.#database.transaction(() => {
      const file = this.file(id)!;
      const { folder, name } = splitPath(file.path);
      // Later than the one before, so that the order is seen also of two in one millisecond.
      const earliest = Math.max(this.#now(), this.#lastAccepted(file.schoolId) + 1);
      const acceptedAt = this.#freeInstant(file.schoolId, folder, name, earliest);
      const timeCode = formatTimeCode(acceptedAt);
      this.#move(file, `${folder}/${stageName(name, timeCode, "processing")}`, "processing");
      this.#database.run(
        "INSERT INTO outbox (upload_id, file_id, school_id, name, time_code, accepted_at) VALUES (?, ?, ?, ?, ?, ?)",
        randomUUID(),
        id,
        file.schoolId,
        name,
        timeCode,
        acceptedAt,
      );
      return this.#outbox("file_id = ?", id)[0]!;
    });
  }

  /** When the school's last file that still waits was accepted; 0 when none waits. */
  #lastAccepted(schoolId: number): number {
    const [last] = this.#outbox("school_id = ? ORDER BY number DESC LIMIT 1", schoolId);
    return last?.acceptedAt ?? 0;
  }

  /** The first millisecond whose time code the name has not had yet. */
  #freeInstant(schoolId: number, folder: string, name: string, from: number): number {
    const stages: Stage[] = ["processing", "completed", "rejected", "original"];
    for (let milliseconds = from;; milliseconds++) {
      const timeCode = formatTimeCode(milliseconds);
      const taken = stages.some((stage) =>
        this.find(schoolId, `${folder}/${stageName(name, timeCode, stage)}`)
      );
      if (!taken) return milliseconds;
    }
  }

  outbox(): OutboxEntry[] {
    return this.#outbox("1 = 1 ORDER BY number");
  }

  #outbox(where: string, ...values: unknown[]): OutboxEntry[] {
    return this.#database.all<OutboxEntry>(
      `SELECT number, upload_id AS uploadId, file_id AS fileId, school_id AS schoolId, name,
         time_code AS timeCode, accepted_at AS acceptedAt, sha256 FROM outbox WHERE ${where}`,
      ...values,
    );
  }

  setHash(entry: OutboxEntry, sha256: string): void {
    this.#database.run("UPDATE outbox SET sha256 = ? WHERE number = ?", sha256, entry.number);
  }

  /**
   * The upload is done: `.processing` becomes `.original`, the report and the rejected records
   * appear, and the outbox lets go of it, all at once.
   */
  finishUpload(entry: OutboxEntry, report: Delivery, rejected: Delivery | undefined): void {
    this.#database.transaction(() => {
      const file = this.file(entry.fileId)!;
      const { folder } = splitPath(file.path);
      const path = (stage: Stage) => `${folder}/${stageName(entry.name, entry.timeCode, stage)}`;
      this.#deliver(path("completed"), report, null);
      if (rejected) this.#deliver(path("rejected"), rejected, null);
      this.#move(file, path("original"), "complete");
      this.#database.run("DELETE FROM outbox WHERE number = ?", entry.number);
    });
  }

  /** Puts an export into `/outbound` and acknowledges the command that asked for it. */
  deliverExport(command: CommandDone, path: string, exportId: string, delivery: Delivery): void {
    this.#database.transaction(() => {
      const { schoolId } = delivery.reference;
      const before = this.find(schoolId, path);
      if (before) this.#removeFile(before);
      this.#deliver(path, delivery, exportId);
      this.ledger.recordDone(command);
    });
  }

  #deliver(path: string, delivery: Delivery, exportId: string | null): void {
    const { schoolId, blob, keyVersion } = delivery.reference;
    const seconds = this.#now() / 1000;
    this.#database.run("DELETE FROM doomed_blobs WHERE blob = ?", blob);
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

  /** A blob to write a delivery into; doomed until it is delivered. */
  reserveBlob(schoolId: number, keyVersion: number): BlobReference {
    const blob = newBlobId();
    this.#database.run("INSERT INTO doomed_blobs VALUES (?)", blob);
    return { schoolId, blob, keyVersion };
  }

  doomedBlobs(): string[] {
    return this.#database.all<{ blob: string }>("SELECT blob FROM doomed_blobs").map(({ blob }) =>
      blob
    );
  }

  isDoomed(blob: string): boolean {
    return this.#database.all("SELECT blob FROM doomed_blobs WHERE blob = ?", blob).length > 0;
  }

  forgetBlob(blob: string): void {
    this.#database.run("DELETE FROM doomed_blobs WHERE blob = ?", blob);
  }

  // School keys, as bridge/vault/keys/school-keys.ts stores them

  schoolKeys(schoolId: number): { version: number; wrapped: Uint8Array }[] {
    return this.#database.all(
      "SELECT version, wrapped FROM school_keys WHERE school_id = ?",
      schoolId,
    );
  }

  saveSchoolKey(schoolId: number, version: number, wrapped: Uint8Array): void {
    this.#database.run(
      "INSERT INTO school_keys VALUES (?, ?, ?)",
      schoolId,
      version,
      Buffer.from(wrapped),
    );
  }

  /** Tells of the file as it is now, and returns it. */
  #told(id: number): CatalogFile {
    const file = this.file(id)!;
    this.ledger.tellFile(file, file.path, file.state);
    return file;
  }
}

interface FileRow {
  id: number;
  school_id: number;
  path: string;
  blob: string;
  key_version: number;
  state: CatalogFile["state"];
  size: number;
  modified_at: number;
  accessed_at: number;
  sender: string | null;
  export_id: string | null;
}

function fileOfRow(row: FileRow): CatalogFile {
  return {
    id: row.id,
    schoolId: row.school_id,
    path: row.path,
    blob: row.blob,
    keyVersion: row.key_version,
    state: row.state,
    size: row.size,
    modifiedAt: row.modified_at,
    accessedAt: row.accessed_at,
    sender: row.sender === null ? null : JSON.parse(row.sender),
    exportId: row.export_id,
  };
}

function newBlobId(): string {
  return randomBytes(16).toString("hex");
}

/** `/inbound/roster.csv` → `/inbound` and `roster.csv`. */
function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}
