/**
 * Schools, keys, uploads and students. SQL in the subset SQLite, libSQL and Turso share; times are
 * ISO 8601 UTC text; every roster table leads its key with the school. SQL is kept in modules, as an
 * edge worker has no file system to read it from.
 */
export const statements: string[] = [
  `CREATE TABLE schools (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at TEXT NOT NULL
  )`,
  // Its only row counts the changes of schools and keys: what the bridge compares in each sync. It
  // starts with the time, so that a bridge which knew another database never takes this one for it.
  `CREATE TABLE directory (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)`,
  `INSERT INTO directory (id, version) VALUES (1, unixepoch())`,
  // A fingerprint stays here after its key is revoked, so that no school can bring it back.
  `CREATE TABLE ssh_keys (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    bits INTEGER NOT NULL,
    public_key TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT
  )`,
  `CREATE INDEX ssh_keys_by_school ON ssh_keys (school_id)`,
  `CREATE TABLE placements (
    school_id INTEGER NOT NULL,
    requirement_group TEXT NOT NULL,
    term TEXT NOT NULL,
    PRIMARY KEY (school_id, requirement_group, term)
  )`,
  // username_key is the Username in lower case, the key of a row; dob is YYYY-MM-DD.
  `CREATE TABLE students (
    school_id INTEGER NOT NULL,
    username_key TEXT NOT NULL,
    username TEXT NOT NULL,
    student_id TEXT,
    last_name TEXT,
    first_name TEXT,
    telephone TEXT,
    dob TEXT,
    requirement_group TEXT,
    term TEXT,
    on_campus INTEGER,
    PRIMARY KEY (school_id, username_key)
  )`,
  `CREATE UNIQUE INDEX students_by_student_id ON students (school_id, student_id)
    WHERE student_id IS NOT NULL`,
  // next_offset, next_line and inside_line are where the next slice starts: the next byte, its
  // physical line, and whether it is in the middle of a line that is too long.
  `CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    time_code TEXT NOT NULL,
    state TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    address TEXT NOT NULL,
    client TEXT NOT NULL,
    accepted_at TEXT NOT NULL,
    completed_at TEXT,
    next_offset INTEGER NOT NULL DEFAULT 0,
    next_line INTEGER NOT NULL DEFAULT 1,
    inside_line INTEGER NOT NULL DEFAULT 0,
    header BLOB,
    read INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    warnings INTEGER NOT NULL DEFAULT 0,
    unprocessed INTEGER NOT NULL DEFAULT 0,
    deferred INTEGER NOT NULL DEFAULT 0
  )`,
  `CREATE INDEX uploads_by_school ON uploads (school_id, accepted_at, id)`,
  // One row a slice: its key lets a slice apply once. seen holds the slice's usernames (hash, line)
  // to find a Username that comes twice in a file; it is emptied when the upload is completed.
  `CREATE TABLE slices (
    upload_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    seen BLOB,
    PRIMARY KEY (upload_id, offset)
  )`,
  `CREATE TABLE problems (
    upload_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    number INTEGER NOT NULL,
    username TEXT NOT NULL,
    column_name TEXT NOT NULL,
    severity TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (upload_id, line, number)
  )`,
  // The bytes of each rejected record, as they were uploaded, at their offset in the file.
  `CREATE TABLE rejected_records (
    upload_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (upload_id, offset)
  )`,
  // Rows whose StudentId someone else holds wait here for the end of the file: a later row may free
  // it. row is the row as JSON, bytes the record as it was uploaded, at its offset.
  `CREATE TABLE deferred_rows (
    upload_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    username_key TEXT NOT NULL,
    student_id TEXT,
    row TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (upload_id, line)
  )`,
  // The homes as the bridge last told of them.
  `CREATE TABLE files (
    school_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    state TEXT NOT NULL,
    size INTEGER NOT NULL,
    at TEXT NOT NULL,
    fingerprint TEXT,
    address TEXT,
    client TEXT,
    downloaded_at TEXT,
    PRIMARY KEY (school_id, path)
  )`,
  `CREATE INDEX files_by_time ON files (school_id, at, path)`,
  // Everything that happened on the bridge, once each.
  `CREATE TABLE ledger (
    id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    type TEXT NOT NULL,
    event TEXT NOT NULL
  )`,
  `CREATE INDEX ledger_by_school ON ledger (school_id, at)`,
  // What the bridge is to do; repeated in each sync until it is done.
  `CREATE TABLE commands (
    id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    command TEXT NOT NULL,
    done_at TEXT
  )`,
  `CREATE INDEX commands_pending ON commands (created_at, id) WHERE done_at IS NULL`,
  // What administrators did.
  `CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    school_id INTEGER,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
  )`,
];
