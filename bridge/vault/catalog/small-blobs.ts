/**
 * The bytes of small files, sealed as a blob is (bridge/vault/blob/small.ts). Here they are durable with
 * the row of their file, by one fsync, and need no file of their own.
 */
import type { CatalogDatabase } from "./database.ts";

export class SmallBlobs {
  readonly #database: CatalogDatabase;

  constructor(database: CatalogDatabase) {
    this.#database = database;
  }

  get(blob: string): Buffer | undefined {
    const row = this.#database.first<{ sealed: Uint8Array }>(
      "SELECT sealed FROM small_blobs WHERE blob = ?",
      blob,
    );
    return row && Buffer.from(row.sealed);
  }

  /** Of all of them: 32 characters each. */
  ids(): string[] {
    return this.#database.all<{ blob: string }>("SELECT blob FROM small_blobs")
      .map(({ blob }) => blob);
  }

  put(blob: string, sealed: Uint8Array): void {
    this.#database.run("INSERT OR REPLACE INTO small_blobs VALUES (?, ?)", blob, sealed);
  }

  remove(blob: string): void {
    this.#database.run("DELETE FROM small_blobs WHERE blob = ?", blob);
  }
}
