/**
 * Accepted files on their way to the worker, each from its acceptance until its results are in the
 * home.
 */
import { randomUUID } from "node:crypto";
import { type Stage, stageName } from "../../../shared/file-names.ts";
import type { UploadId } from "../../../shared/protocol.ts";
import { formatTimeCode } from "../../../shared/time-code.ts";
import type { CatalogDatabase } from "./database.ts";
import { splitPath } from "./file.ts";
import type { Delivery, Files } from "./files.ts";

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

export class OutboxEntries {
  readonly #database: CatalogDatabase;
  readonly #files: Files;
  readonly #now: () => number;

  constructor(database: CatalogDatabase, files: Files, now: () => number) {
    this.#database = database;
    this.#files = files;
    this.#now = now;
  }

  accept(id: number): OutboxEntry {
    return this.#database.transaction(() => {
      const file = this.#files.file(id)!;
      const { folder, name } = splitPath(file.path);
      // Later than the one before, so that the order is seen also of two in one millisecond.
      const earliest = Math.max(this.#now(), this.#lastAccepted(file.schoolId) + 1);
      const acceptedAt = this.#freeInstant(file.schoolId, folder, name, earliest);
      const timeCode = formatTimeCode(acceptedAt);
      const path = `${folder}/${stageName(name, timeCode, "processing")}`;
      this.#files.move(file, path, "processing");
      this.#database.run(
        "INSERT INTO outbox (upload_id, file_id, school_id, name, time_code, accepted_at) VALUES (?, ?, ?, ?, ?, ?)",
        randomUUID(),
        id,
        file.schoolId,
        name,
        timeCode,
        acceptedAt,
      );
      return this.#select("file_id = ?", id)[0]!;
    });
  }

  /** When the school's last file that still waits was accepted; 0 when none waits. */
  #lastAccepted(schoolId: number): number {
    const [last] = this.#select("school_id = ? ORDER BY number DESC LIMIT 1", schoolId);
    return last?.acceptedAt ?? 0;
  }

  /** The first millisecond whose time code the name has not had yet. */
  #freeInstant(schoolId: number, folder: string, name: string, from: number): number {
    const stages: Stage[] = ["processing", "completed", "rejected", "original"];
    for (let milliseconds = from;; milliseconds++) {
      const timeCode = formatTimeCode(milliseconds);
      const taken = stages.some((stage) =>
        this.#files.find(schoolId, `${folder}/${stageName(name, timeCode, stage)}`)
      );
      if (!taken) return milliseconds;
    }
  }

  all(): OutboxEntry[] {
    return this.#select("1 = 1 ORDER BY number");
  }

  #select(where: string, ...values: unknown[]): OutboxEntry[] {
    return this.#database.all<OutboxEntry>(
      `SELECT number, upload_id AS uploadId, file_id AS fileId, school_id AS schoolId, name,
         time_code AS timeCode, accepted_at AS acceptedAt, sha256 FROM outbox WHERE ${where}`,
      ...values,
    );
  }

  setHash(entry: OutboxEntry, sha256: string): void {
    this.#database.run("UPDATE outbox SET sha256 = ? WHERE number = ?", sha256, entry.number);
  }

  finish(entry: OutboxEntry, report: Delivery, rejected: Delivery | undefined): void {
    this.#database.transaction(() => {
      const file = this.#files.file(entry.fileId)!;
      const { folder } = splitPath(file.path);
      const path = (stage: Stage) => `${folder}/${stageName(entry.name, entry.timeCode, stage)}`;
      this.#files.put(path("completed"), report, null);
      if (rejected) this.#files.put(path("rejected"), rejected, null);
      this.#files.move(file, path("original"), "complete");
      this.#database.run("DELETE FROM outbox WHERE number = ?", entry.number);
    });
  }
}
