/** A copy of the catalog as it is at one moment, made while a bridge works on it, and what it refers to. */
import Database from "libsql";

/** A blob that a file of the snapshot has, outside of the catalog. */
export interface SnapshotBlob {
  id: number;
  blob: string;
  size: number;
  sha256: string | null;
  /** Its writer was there: its row is behind its bytes, and a start asks the bytes. */
  isBeingWritten: boolean;
}

const AT_ONCE = 1_000;
/** So long a lock of the running bridge is waited for. */
const BUSY_MS = 30_000;

/** Copies the catalog in `file` into `into`, which must not be there. What was deleted is not in the copy. */
export function snapshotCatalog(file: string, into: string): void {
  const database = new Database(file, { timeout: BUSY_MS });
  try {
    database.exec(`VACUUM INTO '${into.replaceAll("'", "''")}'`);
  } finally {
    database.close();
  }
}

/** A catalog that is only looked at; close it. */
export class CatalogView {
  readonly #database: Database.Database;
  readonly #one: Database.Statement;

  constructor(file: string) {
    this.#database = new Database(file, { timeout: BUSY_MS });
    this.#one = this.#database.prepare(`${BLOBS} WHERE blob = ?`);
  }

  /** All blobs that are files of their own, a page in memory. */
  *blobs(): Iterable<SnapshotBlob> {
    const page = this.#database.prepare(
      `${BLOBS} WHERE id > ? AND blob NOT IN (SELECT blob FROM small_blobs) ORDER BY id LIMIT ${AT_ONCE}`,
    );
    for (let after = 0;;) {
      const rows = page.all([after]) as Row[];
      if (rows.length === 0) return;
      yield* rows.map(ofRow);
      after = rows.at(-1)!.id;
    }
  }

  /** The file that has the blob now, if one has. */
  fileOf(blob: string): SnapshotBlob | undefined {
    const [row] = this.#one.all([blob]) as Row[];
    return row && ofRow(row);
  }

  close(): void {
    this.#database.close();
  }
}

const BLOBS = "SELECT id, blob, size, sha256, being_written AS writing FROM files";
type Row = Omit<SnapshotBlob, "isBeingWritten"> & { writing: number };

function ofRow({ writing, ...row }: Row): SnapshotBlob {
  return { ...row, isBeingWritten: writing === 1 };
}
