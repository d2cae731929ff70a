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

/** Rows of a table, by the questions they answer. */
type Memory = Map<string, unknown>;

function questionOf(sql: string, values: (string | number)[]): string {
  return `${sql}\n${values.join("\n")}`;
}

/**
 * The table that a statement changes, or reads a remembered row from: the first that it names. No other
 * changes with it, as there are no triggers.
 */
function tableOf(sql: string): string {
  return /\b(?:INTO|UPDATE|FROM) (\w+)/.exec(sql)?.[1] ?? "";
}

export class CatalogDatabase {
  readonly #database: Database.Database;
  readonly #log: WriteAheadLog;
  readonly #statements = new Map<string, { statement: Database.Statement; memory: Memory }>();
  /** What {@link remembered} found in each table since the last change of it. */
  readonly #memories = new Map<string, Memory>();
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
    const { statement, memory } = this.#prepared(sql);
    memory.clear();
    const result = statement.run(values);
    if (!this.#database.inTransaction) this.#log.committed();
    return result;
  }

  all<Row>(sql: string, ...values: unknown[]): Row[] {
    return this.#prepared(sql).statement.all(values) as Row[];
  }

  /** The first row, or `undefined`. */
  first<Row>(sql: string, ...values: unknown[]): Row | undefined {
    return this.#prepared(sql).statement.get(values) as Row | undefined;
  }

  /**
   * The first row, or `undefined`: a small one that is asked for again and again, as clients do that
   * look at a file, open it and read it. It is kept until its table changes; nobody may change it.
   */
  remembered<Row>(sql: string, ...values: (string | number)[]): Row | undefined {
    const { statement, memory } = this.#prepared(sql);
    const question = questionOf(sql, values);
    if (memory.has(question)) return memory.get(question) as Row | undefined;
    const row = statement.get(values) as Row | undefined;
    this.#keep(memory, question, row);
    return row;
  }

  /** What {@link remembered} is to answer: it was just found or written in another way. */
  remember(row: unknown, sql: string, ...values: (string | number)[]): void {
    this.#keep(this.#prepared(sql).memory, questionOf(sql, values), row);
  }

  #keep(memory: Memory, question: string, row: unknown): void {
    if (memory.size >= MOST_REMEMBERED) memory.clear();
    memory.set(question, row);
  }

  #forget(): void {
    for (const memory of this.#memories.values()) memory.clear();
  }

  #prepared(sql: string): { statement: Database.Statement; memory: Memory } {
    this.#checkOpen();
    let prepared = this.#statements.get(sql);
    if (!prepared) {
      prepared = { statement: this.#database.prepare(sql), memory: this.#memoryOf(tableOf(sql)) };
      this.#statements.set(sql, prepared);
    }
    return prepared;
  }

  #memoryOf(table: string): Memory {
    let memory = this.#memories.get(table);
    if (!memory) this.#memories.set(table, memory = new Map());
    return memory;
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
      this.#forget();
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
