/**
 * The catalog's database: SQLite through libsql, WAL, `synchronous=FULL`. What a call here returned
 * from survives power loss.
 */
import Database from "libsql";

const tables = [
  `CREATE TABLE IF NOT EXISTS directory (
    id INTEGER PRIMARY KEY CHECK (id = 1), directory TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS school_keys (
    school_id INTEGER NOT NULL, version INTEGER NOT NULL, wrapped BLOB NOT NULL,
    PRIMARY KEY (school_id, version))`,
  `CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    school_id INTEGER NOT NULL, path TEXT NOT NULL,
    blob TEXT NOT NULL, key_version INTEGER NOT NULL,
    state TEXT NOT NULL, size INTEGER NOT NULL, modified_at REAL NOT NULL, accessed_at REAL NOT NULL,
    sender TEXT, export_id TEXT,
    UNIQUE (school_id, path))`,
  `CREATE INDEX IF NOT EXISTS files_by_state ON files (state)`,
  `CREATE TABLE IF NOT EXISTS doomed_blobs (blob TEXT PRIMARY KEY)`,
  `CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, upload_id TEXT NOT NULL UNIQUE,
    file_id INTEGER NOT NULL, school_id INTEGER NOT NULL, name TEXT NOT NULL, time_code TEXT NOT NULL,
    accepted_at INTEGER NOT NULL, sha256 TEXT)`,
  `CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS commands_done (id TEXT PRIMARY KEY, at TEXT NOT NULL)`,
];

export class CatalogDatabase {
  readonly #database: Database.Database;

  /** Opens or makes the database in `file`. */
  constructor(file: string) {
    this.#database = new Database(file);
    this.#database.pragma("journal_mode=WAL");
    this.#database.pragma("synchronous=FULL");
    for (const table of tables) this.#database.exec(table);
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

  transaction<Result>(work: () => Result): Result {
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
