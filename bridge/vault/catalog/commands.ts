/** Commands of the worker that were carried out, or could not be, until the worker has heard of it. */
import type { CommandDone } from "../../../shared/protocol.ts";
import type { CatalogDatabase } from "./database.ts";

export class CommandsDone {
  readonly #database: CatalogDatabase;

  constructor(database: CatalogDatabase) {
    this.#database = database;
  }

  /** A command was carried out; to be called within its transaction. */
  record(command: CommandDone): void {
    this.#database.run(
      "INSERT OR REPLACE INTO commands_done (id, at, outcome, why) VALUES (?, ?, ?, ?)",
      command.id,
      command.at,
      command.outcome,
      command.why,
    );
  }

  has(id: string): boolean {
    return this.#database.all("SELECT id FROM commands_done WHERE id = ?", id).length > 0;
  }

  some(limit: number): CommandDone[] {
    return this.#database.all("SELECT id, at, outcome, why FROM commands_done LIMIT ?", limit);
  }

  /** The worker has heard of them. */
  drop(done: CommandDone[]): void {
    for (const { id } of done) this.#database.run("DELETE FROM commands_done WHERE id = ?", id);
  }
}
