/** Who this catalog is to the worker, which knows its events by this id and their numbers. */
import { randomUUID } from "node:crypto";
import type { CatalogDatabase } from "./database.ts";

export class Identity {
  readonly #database: CatalogDatabase;

  constructor(database: CatalogDatabase) {
    this.#database = database;
  }

  /** A UUID; the first time it is made. */
  get id(): string {
    const [row] = this.#database.all<{ id: string }>("SELECT id FROM bridge");
    return row?.id ?? this.renew();
  }

  /** From here on it is another one: what was told under the old id is not what it tells now. */
  renew(): string {
    const id = randomUUID();
    this.#database.run("INSERT OR REPLACE INTO bridge (only, id) VALUES (1, ?)", id);
    return id;
  }
}
