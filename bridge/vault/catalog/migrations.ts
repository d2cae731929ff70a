/**
 * The catalog's schema, as the steps that led to it. `PRAGMA user_version` says how many of them a
 * catalog has been through; the catalogs of before there were steps say 0 and have what step 1 makes.
 */
import type Database from "libsql";

/** Step `n` is at `n − 1`. What was released is never changed: what comes later is a step of its own. */
const steps: string[] = [
  `CREATE TABLE IF NOT EXISTS directory (
     id INTEGER PRIMARY KEY CHECK (id = 1), directory TEXT NOT NULL);
   CREATE TABLE IF NOT EXISTS school_keys (
     school_id INTEGER NOT NULL, version INTEGER NOT NULL, wrapped BLOB NOT NULL,
     PRIMARY KEY (school_id, version));
   CREATE TABLE IF NOT EXISTS files (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     school_id INTEGER NOT NULL, path TEXT NOT NULL,
     blob TEXT NOT NULL, key_version INTEGER NOT NULL,
     state TEXT NOT NULL, size INTEGER NOT NULL, modified_at REAL NOT NULL, accessed_at REAL NOT NULL,
     sender TEXT, export_id TEXT,
     UNIQUE (school_id, path));
   CREATE INDEX IF NOT EXISTS files_by_state ON files (state);
   CREATE TABLE IF NOT EXISTS doomed_blobs (blob TEXT PRIMARY KEY);
   CREATE TABLE IF NOT EXISTS outbox (
     number INTEGER PRIMARY KEY AUTOINCREMENT, upload_id TEXT NOT NULL UNIQUE,
     file_id INTEGER NOT NULL, school_id INTEGER NOT NULL, name TEXT NOT NULL, time_code TEXT NOT NULL,
     accepted_at INTEGER NOT NULL, sha256 TEXT);
   CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
   CREATE TABLE IF NOT EXISTS commands_done (id TEXT PRIMARY KEY, at TEXT NOT NULL);`,

  // States that say what they mean. What was closed in /inbound settles once more: only settling knows
  // which names are taken.
  `ALTER TABLE files ADD COLUMN sha256 TEXT;
   ALTER TABLE files ADD COLUMN upload_id TEXT;
   UPDATE files SET sha256 = (SELECT sha256 FROM outbox WHERE file_id = files.id),
     upload_id = (SELECT upload_id FROM outbox WHERE file_id = files.id) WHERE state = 'processing';
   UPDATE files SET state = CASE WHEN path LIKE '/inbound/%' THEN 'closed' ELSE 'kept' END
     WHERE state = 'complete';
   DROP INDEX files_by_state;
   CREATE INDEX files_unfinished ON files (state, id) WHERE state != 'kept';
   CREATE UNIQUE INDEX files_by_blob ON files (blob);
   ALTER TABLE outbox DROP COLUMN sha256;
   ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT 'next';
   ALTER TABLE outbox ADD COLUMN reason TEXT;
   CREATE INDEX outbox_by_school ON outbox (school_id, number);
   CREATE INDEX outbox_by_file ON outbox (file_id);`,

  // Each event carries the hash of the one before; the newest hash outlives the events handed over.
  `ALTER TABLE events ADD COLUMN previous TEXT NOT NULL DEFAULT '';
   CREATE TABLE ledger_head (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL);
   INSERT INTO ledger_head VALUES (1, '');`,

  // Small files without a file of their own.
  `CREATE TABLE small_blobs (blob TEXT PRIMARY KEY, sealed BLOB NOT NULL);`,

  // Of what was being written when a bridge ended, and of nothing else, the size is asked of the bytes.
  `ALTER TABLE files ADD COLUMN being_written INTEGER NOT NULL DEFAULT 0;
   UPDATE files SET being_written = 1 WHERE state = 'partial';
   CREATE INDEX files_being_written ON files (being_written, id) WHERE being_written = 1;`,

  // What became of a command, and who this catalog is to the worker: its events are numbered by it.
  `ALTER TABLE commands_done ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done';
   ALTER TABLE commands_done ADD COLUMN why TEXT;
   CREATE TABLE bridge (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL);`,

  // How an accepted file is packed, as JSON: it stays so whatever the directory says later.
  `ALTER TABLE outbox ADD COLUMN packing TEXT;`,

  // Where the first gap of an upload began, which its bytes cannot tell when a bridge ends in the middle.
  `ALTER TABLE files ADD COLUMN gap_at INTEGER;`,

  // Events that the worker refuses, so that those after them are told.
  `CREATE TABLE events_aside (
     number INTEGER PRIMARY KEY, previous TEXT NOT NULL, event TEXT NOT NULL, why TEXT NOT NULL);`,

  // In which state its blob was when an upload was closed: an earlier one may be of the same length.
  `ALTER TABLE files ADD COLUMN chain TEXT;`,
];

/** The version that this bridge works with. */
export const CATALOG_VERSION = steps.length;

/** The catalog was made by a newer bridge: this one does not know what it would break. */
export class CatalogTooNew extends Error {
  override readonly name = "CatalogTooNew";
  constructor(version: number) {
    super(
      `The catalog has version ${version}, this bridge knows versions up to ${CATALOG_VERSION}. Start the newer bridge again, or restore a backup of before it.`,
    );
  }
}

/**
 * Brings the catalog to {@link CATALOG_VERSION}, each step whole or not at all.
 *
 * @throws {CatalogTooNew}
 */
export function migrate(database: Database.Database): void {
  const [{ user_version: version }] = database.prepare("PRAGMA user_version").all([]) as [
    { user_version: number },
  ];
  if (version > CATALOG_VERSION) throw new CatalogTooNew(version);
  for (let step = version; step < steps.length; step++) {
    database.exec(`BEGIN IMMEDIATE; ${steps[step]} PRAGMA user_version = ${step + 1}; COMMIT;`);
  }
}
