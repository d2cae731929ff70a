/** The schools' wrapped keys, as bridge/vault/keys/school-keys.ts stores them. */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { CatalogDatabase } from "./database.ts";

export interface WrappedKey {
  schoolId: SchoolId;
  version: number;
  wrapped: Uint8Array;
}

const WRAPPED = "SELECT school_id AS schoolId, version, wrapped FROM school_keys";

export class StoredKeys {
  readonly #database: CatalogDatabase;

  constructor(database: CatalogDatabase) {
    this.#database = database;
  }

  load(schoolId: SchoolId): { version: number; wrapped: Uint8Array }[] {
    return this.#database.all(
      "SELECT version, wrapped FROM school_keys WHERE school_id = ?",
      schoolId,
    );
  }

  /** The newest version of the school's key; 0 when it has none. */
  newest(schoolId: SchoolId): number {
    const newest = this.#database.remembered<{ version: number }>(
      "SELECT version FROM school_keys WHERE school_id = ? ORDER BY version DESC LIMIT 1",
      schoolId,
    );
    return newest?.version ?? 0;
  }

  /** Is a key of any school stored? */
  any(): boolean {
    return this.#database.all("SELECT 1 FROM school_keys LIMIT 1").length > 0;
  }

  /** Up to `limit` keys of any schools, the newest first. */
  some(limit: number): WrappedKey[] {
    return this.#database.all(`${WRAPPED} ORDER BY rowid DESC LIMIT ?`, limit);
  }

  /** All of all schools: some hundred bytes each. */
  all(): WrappedKey[] {
    return this.#database.all(WRAPPED);
  }

  /** Each is wrapped otherwise now; to be called within a transaction that erases. */
  rewrap(keys: WrappedKey[]): void {
    for (const { schoolId, version, wrapped } of keys) {
      this.#database.run(
        "UPDATE school_keys SET wrapped = ? WHERE school_id = ? AND version = ?",
        Buffer.from(wrapped),
        schoolId,
        version,
      );
    }
  }

  save(schoolId: SchoolId, version: number, wrapped: Uint8Array): void {
    this.#database.run(
      "INSERT INTO school_keys VALUES (?, ?, ?)",
      schoolId,
      version,
      Buffer.from(wrapped),
    );
  }

  /** Without its keys nothing of the school can be read again, wherever a copy of it is. */
  purge(schoolId: SchoolId): void {
    this.#database.run("DELETE FROM school_keys WHERE school_id = ?", schoolId);
  }
}
