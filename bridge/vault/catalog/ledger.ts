/**
 * What the sync carries: what happened in the homes and is still to be told to the worker, the commands
 * that were carried out, and the directory as the worker last told it.
 */
import { randomUUID } from "node:crypto";
import type {
  CommandDone,
  Directory,
  FileState,
  LedgerEvent,
  Sender,
} from "../../../shared/protocol.ts";
import type { CatalogFile } from "./catalog.ts";
import type { CatalogDatabase } from "./database.ts";

export class Ledger {
  readonly #database: CatalogDatabase;
  readonly #now: () => number;

  constructor(database: CatalogDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  directory(): Directory | undefined {
    const [row] = this.#database.all<{ directory: string }>("SELECT directory FROM directory");
    return row && JSON.parse(row.directory);
  }

  saveDirectory(directory: Directory): void {
    this.#database.run("INSERT OR REPLACE INTO directory VALUES (1, ?)", JSON.stringify(directory));
  }

  recordLogin(schoolId: number, sender: Sender): void {
    this.#tell({ type: "login", schoolId, sender });
  }

  recordDownload(file: CatalogFile, sender: Sender): void {
    const { schoolId, path, exportId } = file;
    this.#tell({ type: "download", schoolId, path, exportId, sender });
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

  commandsDone(limit: number): CommandDone[] {
    return this.#database.all("SELECT id, at FROM commands_done LIMIT ?", limit);
  }

  isCommandDone(id: string): boolean {
    return this.#database.all("SELECT id FROM commands_done WHERE id = ?", id).length > 0;
  }

  dropCommandsDone(done: CommandDone[]): void {
    for (const { id } of done) this.#database.run("DELETE FROM commands_done WHERE id = ?", id);
  }

  /** A file looks so now, or is gone from its path. */
  tellFile(file: CatalogFile, path: string, state: FileState): void {
    const { schoolId, size, sender } = file;
    this.#tell({ type: "file", schoolId, path, state, size, sender });
  }

  /** A command was carried out; to be called within its transaction. */
  recordDone(command: CommandDone): void {
    this.#database.run(
      "INSERT OR REPLACE INTO commands_done VALUES (?, ?)",
      command.id,
      command.at,
    );
  }

  #tell(event: Record<string, unknown>): void {
    const told = { id: randomUUID(), at: new Date(this.#now()).toISOString(), ...event };
    this.#database.run("INSERT INTO events (event) VALUES (?)", JSON.stringify(told));
  }
}
