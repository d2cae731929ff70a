/** Blobs that nothing points to any more, or not yet: each is to be removed from the disk. */
import type { CatalogDatabase } from "./database.ts";

export class DoomedBlobs {
  readonly #database: CatalogDatabase;

  constructor(database: CatalogDatabase) {
    this.#database = database;
  }

  add(blob: string): void {
    this.#database.run("INSERT OR IGNORE INTO doomed_blobs VALUES (?)", blob);
  }

  all(): string[] {
    return this.#database.all<{ blob: string }>("SELECT blob FROM doomed_blobs").map(({ blob }) =>
      blob
    );
  }

  has(blob: string): boolean {
    // Mostly there is none, and each blob that is let go is asked for.
    const some = this.#database.remembered("SELECT blob FROM doomed_blobs LIMIT 1");
    return some !== undefined &&
      this.#database.first("SELECT blob FROM doomed_blobs WHERE blob = ?", blob) !== undefined;
  }

  /** It was removed, or something points to it now. */
  forget(blob: string): void {
    this.#database.run("DELETE FROM doomed_blobs WHERE blob = ?", blob);
  }
}
