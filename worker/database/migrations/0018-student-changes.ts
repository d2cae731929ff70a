/** What uploads changed of students: history and undo. School plane. */
const values = (prefix: string) =>
  `${prefix}student_id TEXT, ${prefix}last_name TEXT,
    ${prefix}first_name TEXT, ${prefix}telephone TEXT, ${prefix}dob TEXT,
    ${prefix}requirement_group TEXT, ${prefix}term TEXT, ${prefix}on_campus INTEGER`;

export const statements: string[] = [
  // The upload whose word stands for the student; NULL: of before histories were kept. A student who
  // has no change by it in student_changes was added by it.
  "ALTER TABLE students ADD COLUMN changed_by TEXT",
  // A student before and after an upload changed it, or was reverted (is_revert). part is the offset of
  // the slice. previous is what changed_by was: the upload itself where its file has several rows of
  // the student.
  `CREATE TABLE student_changes (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL,
    username_key TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    is_revert INTEGER NOT NULL DEFAULT 0,
    at TEXT NOT NULL,
    previous TEXT,
    ${values("")},
    ${values("new_")}
  )`,
  "CREATE INDEX student_changes_by_upload ON student_changes (upload_id, part)",
  "CREATE INDEX student_changes_by_student ON student_changes (school_id, username_key, id)",
];
