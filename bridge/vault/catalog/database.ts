/**
 * The catalog's database: SQLite through libsql, WAL, `synchronous=FULL`. What a call here returned
 * from survives power loss.
 */
import Database from "libsql";
import { migrate } from "./migrations.ts";

export class CatalogDatabase {
  readonly #database: Database.Database;

  /** Opens or makes the database in `file`. */
  constructor(file: string) {
    this.#database = new Database(file);
    this.#database.pragma("journal_mode=WAL");
    this.#database.pragma("synchronous=FULL");
    try {
      migrate(this.#database);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  // Arguments always go as one array: libsql takes a lone Buffer or null for named parameters.
  run(sql: string, ...values: unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    return this.#database.prepare(sql).run(values);
  }

  all<Row>(sql: string, ...values: unknown[]): Row[] {
    return this.#database.prepare(sql).all(values) as Row[];
  }

  /** What was done so far survives power loss when this returns. */
  async durable(): Promise<void> {}

  /** A transaction whose deleted rows leave no trace in the file or in its log. */
  erasing(work: () => void): void {
    this.#database.pragma("secure_delete=ON");
    try {
      this.transaction(work);
    } finally {
      this.#database.pragma("secure_delete=FAST");
    }
    this.#database.pragma("wal_checkpoint(TRUNCATE)");
  }

  /** All of `work` or nothing; within another transaction it is a part of that one. */
  transaction<Result>(work: () => Result): Result {
    if (this.#database.inTransaction) return work();
    // Not libsql's own `transaction`: SQLite itself rolls back when the disk is full, and the ROLLBACK
    // that libsql then sends fails and hides why.
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
