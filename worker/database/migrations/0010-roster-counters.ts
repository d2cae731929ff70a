/**
 * What is a roster's only goes into a table of its own: where its lines are, its header, what its rows
 * came to. `uploads` keeps what an upload of any lane has.
 */
const own = `next_line, inside_line, header, layout, read, added, updated, unchanged, rejected,
  warnings, unprocessed, deferred, problems`;
const every = `id, school_id, lane, name, time_code, state, pass, next_offset, held_because, size,
  sha256, fingerprint, address, client, accepted_at, completed_at`;

export const statements: string[] = [
  // School plane. next_line and inside_line are where the next slice starts: its physical line, and
  // whether it is in the middle of a line that is too long. The row is made with the first slice.
  `CREATE TABLE rosters (
    upload_id TEXT NOT NULL PRIMARY KEY,
    next_line INTEGER NOT NULL DEFAULT 1,
    inside_line INTEGER NOT NULL DEFAULT 0,
    header BLOB,
    layout TEXT,
    read INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    warnings INTEGER NOT NULL DEFAULT 0,
    unprocessed INTEGER NOT NULL DEFAULT 0,
    deferred INTEGER NOT NULL DEFAULT 0,
    problems INTEGER NOT NULL DEFAULT 0
  )`,
  `INSERT INTO rosters (upload_id, ${own}) SELECT id, ${own} FROM uploads`,
  "ALTER TABLE uploads RENAME TO uploads_before",
  "DROP INDEX uploads_by_school",
  // next_offset is the next byte that is wanted in this pass.
  `CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    lane TEXT NOT NULL DEFAULT 'roster',
    name TEXT NOT NULL,
    time_code TEXT NOT NULL,
    state TEXT NOT NULL,
    pass TEXT NOT NULL DEFAULT 'apply',
    next_offset INTEGER NOT NULL DEFAULT 0,
    held_because TEXT,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    address TEXT NOT NULL,
    client TEXT NOT NULL,
    accepted_at TEXT NOT NULL,
    completed_at TEXT
  )`,
  `INSERT INTO uploads (${every}) SELECT ${every} FROM uploads_before`,
  "DROP TABLE uploads_before",
  "CREATE INDEX uploads_by_school ON uploads (school_id, accepted_at, id)",
];
