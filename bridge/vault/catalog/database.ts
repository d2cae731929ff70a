/**
 * The catalog's database: SQLite through libsql. What a call here returned from is committed, and
 * survives a crash of the process; `durable` says when it survives power loss too.
 */
import { statSync } from "node:fs";
import Database from "libsql";
import { migrate } from "./migrations.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

/** Rows of some hundred bytes. */
const MOST_REMEMBERED = 256;

export class CatalogDatabase {
  readonly #database: Database.Database;
  readonly #log: WriteAheadLog;
  readonly #statements = new Map<string, Database.Statement>();
  /** What {@link remembered} found since the last change of anything. */
  readonly #memory = new Map<string, unknown>();
  #closed = false;

  /** Opens or makes the database in `file`. */
  constructor(file: string) {
    this.#database = new Database(file);
    try {
      this.#database.pragma("journal_mode=WAL");
      // Steps of the schema are durable at once.
      this.#database.pragma("synchronous=FULL");
      migrate(this.#database);
      // What an earlier run could not sync is read from its log, whose checksums tell what is whole, and
      // written into the database: after that no fsync of the log is relied on.
      this.#database.pragma("wal_checkpoint(TRUNCATE)");
      this.#database.pragma("synchronous=NORMAL");
      const { dev, ino } = statSync(file);
      this.#log = new WriteAheadLog(file, `${dev}:${ino}`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#statements.clear();
    // libsql ends a connection only when its statements were collected as garbage, and would then write
    // its log into the database and take away what lies under the log's name, whoever's it is by then.
    // So the log is given up now, and what is left is one file.
    try {
      // After an fsync that failed only a start reads again what is really there.
      if (!this.#log.hasFailed) {
        this.#database.exec("PRAGMA busy_timeout=0; PRAGMA wal_checkpoint(TRUNCATE)");
        this.#database.pragma("journal_mode=DELETE");
      }
    } catch {
      // Such as a full disk, or a program that reads along: it stays in the log, where the next start finds it.
    }
    this.#database.close();
    void this.#log.close();
  }

  /** Returns when everything done so far survives power loss; one fsync serves all who wait. */
  durable(): Promise<void> {
    return this.#log.durable();
  }

  /** Resolves when nothing that is done here can be promised any more. */
  get failed(): Promise<Error> {
    return this.#log.failed;
  }

  /** @throws {FolderGone} when the database is not where it was opened */
  checkPlace(): Promise<void> {
    return this.#log.checkPlace();
  }

  // Arguments always go as one array: libsql takes a lone Buffer or null for named parameters.
  run(sql: string, ...values: unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    this.#memory.clear();
    const result = this.#prepared(sql).run(values);
    if (!this.#database.inTransaction) this.#log.committed();
    return result;
  }

  all<Row>(sql: string, ...values: unknown[]): Row[] {
    return this.#prepared(sql).all(values) as Row[];
  }

  /** The first row, or `undefined`. */
  first<Row>(sql: string, ...values: unknown[]): Row | undefined {
    return this.#prepared(sql).get(values) as Row | undefined;
  }

  /**
   * The first row, or `undefined`: a small one that is asked for again and again, as clients do that
   * look at a file, open it and read it. It is kept until anything changes here; nobody may change it.
   */
  remembered<Row>(sql: string, ...values: (string | number)[]): Row | undefined {
    this.#checkOpen();
    const question = `${sql}\n${values.join("\n")}`;
    if (this.#memory.has(question)) return this.#memory.get(question) as Row | undefined;
    if (this.#memory.size >= MOST_REMEMBERED) this.#memory.clear();
    const row = this.first<Row>(sql, ...values);
    this.#memory.set(question, row);
    return row;
  }

  #prepared(sql: string): Database.Statement {
    this.#checkOpen();
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#database.prepare(sql));
    return statement;
  }

  /** Of a database that was closed, libsql's native half ends the whole process. */
  #checkOpen(): void {
    if (this.#closed) throw new Error("The catalog is closed.");
  }

  /** A transaction whose deleted rows leave no trace in the file or in its log. */
  erasing(work: () => void): void {
    this.#database.pragma("secure_delete=ON");
    try {
      this.transaction(work);
    } finally {
      this.#database.pragma("secure_delete=OFF");
    }
    this.#database.pragma("wal_checkpoint(TRUNCATE)");
  }

  /** All of `work` or nothing; within another transaction it is a part of that one. */
  transaction<Result>(work: () => Result): Result {
    this.#checkOpen();
    if (this.#database.inTransaction) return work();
    // Not libsql's own `transaction`: SQLite itself rolls back when the disk is full, and the ROLLBACK
    // that libsql then sends fails and hides why.
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      this.#log.committed();
      return result;
    } catch (error) {
      // What was remembered within it is not so.
      this.#memory.clear();
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
