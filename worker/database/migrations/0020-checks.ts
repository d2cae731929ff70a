/**
 * Uploads that are checked before they are applied; students who are inactive; what a roster made of
 * them. School plane.
 */
export const statements: string[] = [
  // Since when a student is inactive, ISO 8601 UTC; NULL: active.
  "ALTER TABLE students ADD COLUMN inactive_since TEXT",
  `CREATE INDEX students_inactive ON students (school_id, username_key)
    WHERE inactive_since IS NOT NULL`,
  // Students that the file made inactive, and those that it made active again.
  "ALTER TABLE rosters ADD COLUMN students_left INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE rosters ADD COLUMN students_returned INTEGER NOT NULL DEFAULT 0",
  // Whom a slice of a snapshot names, while it is checked: JSON arrays of Username keys, and of the
  // StudentIds of its rejected rows.
  "ALTER TABLE slices ADD COLUMN named TEXT",
  "ALTER TABLE slices ADD COLUMN named_ids TEXT",
  // An upload that has a check pass. terms: on which it is taken. unnamed: rejected rows of which
  // nobody can tell whose they are. findings: what it came to when it was checked. release: who released
  // it, and what was shown then. All but is_paused (held by a pause only) and the counter are JSON.
  `CREATE TABLE checks (
    upload_id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    terms TEXT NOT NULL,
    unnamed INTEGER NOT NULL DEFAULT 0,
    findings TEXT,
    crossed TEXT,
    release TEXT,
    is_paused INTEGER NOT NULL DEFAULT 0
  )`,
  "CREATE INDEX checks_by_school ON checks (school_id)",
  "CREATE INDEX checks_paused ON checks (school_id, upload_id) WHERE is_paused = 1",
  // What each student would be after the file: outcome is added, changed, left, returned, or unchanged
  // (it was something else after an earlier row). before is the stored student as a JSON array.
  `CREATE TABLE checked_students (
    upload_id TEXT NOT NULL,
    username_key TEXT NOT NULL,
    outcome TEXT NOT NULL,
    before TEXT,
    username TEXT NOT NULL,
    student_id TEXT,
    last_name TEXT,
    first_name TEXT,
    telephone TEXT,
    dob TEXT,
    requirement_group TEXT,
    term TEXT,
    on_campus INTEGER,
    PRIMARY KEY (upload_id, username_key)
  )`,
  "CREATE INDEX checked_students_by_outcome ON checked_students (upload_id, outcome, username_key)",
  `CREATE INDEX checked_students_by_student_id ON checked_students (upload_id, student_id)
    WHERE student_id IS NOT NULL`,
];
