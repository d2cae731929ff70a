/** The directory as the worker last told it, so that logins go on while the worker is away. */
import type { Directory } from "../../../shared/protocol.ts";
import type { CatalogDatabase } from "./database.ts";

export class StoredDirectory {
  readonly #database: CatalogDatabase;

  constructor(database: CatalogDatabase) {
    this.#database = database;
  }

  get(): Directory | undefined {
    const [row] = this.#database.all<{ directory: string }>("SELECT directory FROM directory");
    return row && JSON.parse(row.directory);
  }

  save(directory: Directory): void {
    this.#database.run("INSERT OR REPLACE INTO directory VALUES (1, ?)", JSON.stringify(directory));
  }
}
