/**
 * Accepted files on their way to the worker, each from its acceptance until its results are in the
 * home.
 */
import { randomUUID } from "node:crypto";
import { stageName } from "../../../shared/file-names.ts";
import type { SchoolId, UploadId } from "../../../shared/protocol.ts";
import { formatTimeCode } from "../../../shared/time-code.ts";
import type { CatalogDatabase } from "./database.ts";
import { splitPath } from "./file.ts";
import type { Delivery, Files } from "./files.ts";
import { pathBefore } from "./replaced.ts";

/**
 * `next`: it goes on in its turn. `held`: a rule stopped it, somebody is to decide. `parked`: a fault
 * stopped it. The school's later files go past one that is held or parked.
 */
export type OutboxState = "next" | "held" | "parked";

/** An accepted file on its way to the worker. */
export interface OutboxEntry {
  number: number;
  uploadId: UploadId;
  fileId: number;
  schoolId: SchoolId;
  name: string;
  timeCode: string;
  /** Milliseconds since the epoch. */
  acceptedAt: number;
  state: OutboxState;
  /** Why it is held or parked, for the administrator. */
  reason: string | null;
  /** Of the uploaded bytes; `null` where they were not written in one go and nobody has asked yet. */
  sha256: string | null;
  /** How it is packed, as JSON of whoever accepted it; `null`: it is not. */
  packing: string | null;
}

/** A file that comes of an upload. */
export interface Result {
  /** Its whole path in the home. */
  path: string;
  delivery: Delivery;
}

export const OUTBOX = `
  SELECT number, outbox.upload_id AS uploadId, file_id AS fileId, outbox.school_id AS schoolId, name,
    time_code AS timeCode, accepted_at AS acceptedAt, outbox.state AS state, reason, sha256, packing
  FROM outbox JOIN files ON files.id = file_id`;
export const LAST_ACCEPTED =
  "SELECT accepted_at AS acceptedAt FROM outbox WHERE school_id = ? ORDER BY number DESC LIMIT 1";
export const TIME_CODE_TAKEN =
  "SELECT 1 FROM files WHERE school_id = ? AND path > ? AND path < ? LIMIT 1";

export class OutboxEntries {
  readonly #database: CatalogDatabase;
  readonly #files: Files;
  readonly #now: () => number;

  constructor(database: CatalogDatabase, files: Files, now: () => number) {
    this.#database = database;
    this.#files = files;
    this.#now = now;
  }

  accept(id: number, packing: string | null): OutboxEntry {
    return this.#database.transaction(() => {
      const file = this.#files.file(id)!;
      const at = file.state === "replaced" ? pathBefore(file) : file.path;
      const { folder, name } = splitPath(at);
      // Later than the one before, so that the order is seen also of two in one millisecond.
      const earliest = Math.max(this.#now(), this.#lastAccepted(file.schoolId) + 1);
      const acceptedAt = this.#freeInstant(file.schoolId, at, earliest);
      const timeCode = formatTimeCode(acceptedAt);
      const uploadId = randomUUID() as string as UploadId;
      const path = `${folder}/${stageName(name, timeCode, "processing")}`;
      this.#files.move(file, path, { state: "processing", sender: file.sender, uploadId });
      this.#database.run(
        `INSERT INTO outbox (upload_id, file_id, school_id, name, time_code, accepted_at, packing)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        uploadId,
        id,
        file.schoolId,
        name,
        timeCode,
        acceptedAt,
        packing,
      );
      return this.#select("file_id = ?", id)[0]!;
    });
  }

  keepReplaced(id: number): void {
    this.#database.transaction(() => {
      const file = this.#files.file(id)!;
      const { folder, name } = splitPath(pathBefore(file));
      const instant = this.#freeInstant(file.schoolId, pathBefore(file), this.#now());
      const path = `${folder}/${stageName(name, formatTimeCode(instant), "original")}`;
      this.#files.move(file, path, { ...file, state: "kept" });
    });
  }

  /** When the school's last file that still waits was accepted; 0 when none waits. */
  #lastAccepted(schoolId: SchoolId): number {
    const [last] = this.#database.all<{ acceptedAt: number }>(LAST_ACCEPTED, schoolId);
    return last?.acceptedAt ?? 0;
  }

  /** The first millisecond whose time code no file has behind this path. */
  #freeInstant(schoolId: SchoolId, path: string, from: number): number {
    for (let milliseconds = from;; milliseconds++) {
      const coded = `${path}.${formatTimeCode(milliseconds)}`;
      // "/" is the character after ".".
      const taken = this.#database.all(TIME_CODE_TAKEN, schoolId, `${coded}.`, `${coded}/`);
      if (taken.length === 0) return milliseconds;
    }
  }

  all(): OutboxEntry[] {
    return this.#database.all(`${OUTBOX} ORDER BY number`);
  }

  find(uploadId: UploadId): OutboxEntry | undefined {
    return this.#select("outbox.upload_id = ?", uploadId)[0];
  }

  #select(where: string, value: unknown): OutboxEntry[] {
    return this.#database.all(`${OUTBOX} WHERE ${where}`, value);
  }

  setState(uploadId: UploadId, state: OutboxState, reason: string | null): boolean {
    const { changes } = this.#database.run(
      "UPDATE outbox SET state = ?, reason = ? WHERE upload_id = ?",
      state,
      reason,
      uploadId,
    );
    return changes === 1;
  }

  finish(entry: OutboxEntry, results: Result[]): void {
    const { uploadId } = entry;
    this.#database.transaction(() => {
      const file = this.#files.file(entry.fileId)!;
      const { folder } = splitPath(file.path);
      for (const { path, delivery } of results) this.#files.put(path, delivery, { uploadId });
      const path = `${folder}/${stageName(entry.name, entry.timeCode, "original")}`;
      this.#files.move(file, path, { state: "kept", sender: file.sender, uploadId });
      this.#database.run("DELETE FROM outbox WHERE number = ?", entry.number);
    });
  }

  /** To be called within a transaction. */
  purge(schoolId: SchoolId): void {
    this.#database.run("DELETE FROM outbox WHERE school_id = ?", schoolId);
  }
}
