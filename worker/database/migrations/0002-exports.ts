/**
 * Verifications, schedules and exports. Times are ISO 8601 UTC text to the millisecond, so that they
 * sort as text.
 */
export const statements: string[] = [
  // One row a verification. Withdrawn ones stay, and so does what was exported of them.
  `CREATE TABLE verifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    school_id INTEGER NOT NULL,
    username_key TEXT NOT NULL,
    verified_at TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    withdrawn_at TEXT,
    withdrawn_by TEXT,
    export_id TEXT
  )`,
  // A student has at most one standing verification.
  `CREATE UNIQUE INDEX verifications_standing ON verifications (school_id, username_key)
    WHERE withdrawn_at IS NULL`,
  `CREATE INDEX verifications_to_export ON verifications (school_id, verified_at)
    WHERE export_id IS NULL AND withdrawn_at IS NULL`,
  // next_due_at is the run that comes next or was missed, ready_at when to try it: later than
  // next_due_at only after a failure, so that a failing school does not stand before the others.
  `CREATE TABLE schedules (
    school_id INTEGER NOT NULL PRIMARY KEY,
    cron TEXT NOT NULL,
    timezone TEXT NOT NULL,
    next_due_at TEXT,
    ready_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    updated_at TEXT NOT NULL
  )`,
  `CREATE INDEX schedules_ready ON schedules (ready_at) WHERE ready_at IS NOT NULL`,
  // The key is what lets two workers make an export once.
  `CREATE TABLE exports (
    school_id INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    students INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    delivered_at TEXT,
    downloaded_at TEXT,
    downloaded_fingerprint TEXT,
    downloaded_address TEXT,
    PRIMARY KEY (school_id, due_at)
  )`,
  // The rows of an export as they were when it was made, numbered from 1 in order of verification. The
  // key is what lets a verification be in one export only.
  `CREATE TABLE export_rows (
    verification_id INTEGER PRIMARY KEY,
    export_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    username TEXT NOT NULL,
    student_id TEXT,
    verified_at TEXT NOT NULL
  )`,
  `CREATE UNIQUE INDEX export_rows_in_order ON export_rows (export_id, number)`,
];
