/**
 * What a slice of a roster looks up is found by key, so that its cost does not grow with the slices
 * before it.
 */
export const statements: string[] = [
  `CREATE INDEX deferred_rows_by_username ON deferred_rows (upload_id, username_key)`,
  `CREATE INDEX deferred_rows_by_student_id ON deferred_rows (upload_id, student_id)`,
  // All problems found; of very many not all are listed in the table of problems.
  `ALTER TABLE uploads ADD COLUMN problems INTEGER NOT NULL DEFAULT 0`,
];
