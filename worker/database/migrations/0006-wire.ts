/**
 * Several bridges, each with its schools; events in the order of their numbers; uploads with a lane, a
 * pass and a reason why they stand still; suspension; what is asked of a bridge and what became of it.
 */
export const statements: string[] = [
  "ALTER TABLE schools ADD COLUMN bridge TEXT NOT NULL DEFAULT 'default'",
  "ALTER TABLE schools ADD COLUMN suspended_at TEXT",
  // Being purged: it is in no directory, its rows go, and its slug is free when the bridge is done too.
  "ALTER TABLE schools ADD COLUMN deleted_at TEXT",
  "CREATE INDEX schools_by_bridge ON schools (bridge, id)",
  // A bridge is its catalog, by the id it gave itself; name is whose token it came with. number and hash
  // are of the last of its events that was taken.
  `CREATE TABLE bridges (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    protocol INTEGER NOT NULL,
    seen_at TEXT NOT NULL,
    number INTEGER NOT NULL DEFAULT 0,
    hash TEXT NOT NULL DEFAULT ''
  )`,
  "ALTER TABLE uploads ADD COLUMN lane TEXT NOT NULL DEFAULT 'roster'",
  "ALTER TABLE uploads ADD COLUMN pass TEXT NOT NULL DEFAULT 'apply'",
  "ALTER TABLE uploads ADD COLUMN held_because TEXT",
  "DROP TABLE slices",
  `CREATE TABLE slices (
    upload_id TEXT NOT NULL,
    pass TEXT NOT NULL,
    offset INTEGER NOT NULL,
    seen BLOB,
    PRIMARY KEY (upload_id, pass, offset)
  )`,
  // Nothing of it is ever removed but with its school: it is evidence.
  "ALTER TABLE ledger RENAME TO ledger_before",
  "DROP INDEX ledger_by_school",
  `CREATE TABLE ledger (
    bridge_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    hash TEXT NOT NULL,
    school_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    type TEXT NOT NULL,
    upload_id TEXT,
    event TEXT NOT NULL,
    PRIMARY KEY (bridge_id, number)
  )`,
  `INSERT INTO ledger (bridge_id, number, hash, school_id, at, type, event)
    SELECT '', rowid, '', school_id, at, type, event FROM ledger_before`,
  "DROP TABLE ledger_before",
  "CREATE INDEX ledger_by_school ON ledger (school_id, at)",
  "CREATE INDEX ledger_by_upload ON ledger (upload_id, number) WHERE upload_id IS NOT NULL",
  "DROP INDEX commands_pending",
  "DROP TABLE commands",
  // outcome not_understood leaves done_at open: a newer bridge may understand it.
  `CREATE TABLE commands (
    id TEXT NOT NULL PRIMARY KEY,
    bridge TEXT NOT NULL,
    school_id INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    type TEXT NOT NULL,
    command TEXT NOT NULL,
    done_at TEXT,
    outcome TEXT,
    why TEXT
  )`,
  `CREATE INDEX commands_pending ON commands (bridge, school_id, created_at, id)
    WHERE done_at IS NULL AND outcome IS NULL`,
  "CREATE INDEX commands_by_school ON commands (school_id, done_at)",
  "CREATE INDEX commands_purging ON commands (school_id) WHERE type = 'purge' AND done_at IS NOT NULL",
];
