/** Uploads that are being put back, or were. School plane. */
export const statements: string[] = [
  // A roster that was begun before histories were kept cannot be put back.
  "ALTER TABLE rosters ADD COLUMN has_history INTEGER NOT NULL DEFAULT 0",
  // reached is where the phase goes on: the id of a change, then a Username key. The counts are of
  // students.
  `CREATE TABLE reverts (
    upload_id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    begun_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    phase TEXT NOT NULL,
    reached TEXT NOT NULL,
    restored INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0,
    made_inactive INTEGER NOT NULL DEFAULT 0,
    finished_at TEXT
  )`,
  // What is not as if the upload had never been, a student a row.
  `CREATE TABLE revert_remains (
    upload_id TEXT NOT NULL,
    username_key TEXT NOT NULL,
    username TEXT NOT NULL,
    why TEXT NOT NULL,
    other TEXT,
    PRIMARY KEY (upload_id, username_key)
  )`,
];
