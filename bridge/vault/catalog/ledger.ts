/**
 * What happened in the homes and is still to be told to the worker, in the order it happened.
 */
import { randomUUID } from "node:crypto";
import type { FileState, LedgerEvent, Sender } from "../../../shared/protocol.ts";
import type { CatalogDatabase } from "./database.ts";
import type { CatalogFile } from "./file.ts";

export class Ledger {
  readonly #database: CatalogDatabase;
  readonly #now: () => number;

  constructor(database: CatalogDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  recordLogin(schoolId: number, sender: Sender): void {
    this.#tell({ type: "login", schoolId, sender });
  }

  recordDownload(file: CatalogFile, sender: Sender): void {
    const { schoolId, path, exportId } = file;
    this.#tell({ type: "download", schoolId, path, exportId, sender });
  }

  /** A file looks so now, or is gone from its path. */
  tellFile(file: CatalogFile, path: string, state: FileState): void {
    const { schoolId, size, sender } = file;
    this.#tell({ type: "file", schoolId, path, state, size, sender });
  }

  #tell(event: Record<string, unknown>): void {
    const told = { id: randomUUID(), at: new Date(this.#now()).toISOString(), ...event };
    this.#database.run("INSERT INTO events (event) VALUES (?)", JSON.stringify(told));
  }

  /** The oldest events, at most `limit`, with the number to drop them by. */
  events(limit: number): { number: number; event: LedgerEvent }[] {
    return this.#database.all<{ number: number; event: string }>(
      "SELECT number, event FROM events ORDER BY number LIMIT ?",
      limit,
    ).map(({ number, event }) => ({ number, event: JSON.parse(event) }));
  }

  dropEvents(through: number): void {
    this.#database.run("DELETE FROM events WHERE number <= ?", through);
  }
}
