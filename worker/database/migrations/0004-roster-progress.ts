/**
 * What a slice of a roster looks up is found by key, so that its cost does not grow with the slices
 * before it.
 */
export const statements: string[] = [
  // The Usernames of an upload's rows so far: a hash and the last line, to find one that comes twice.
  // They are removed when the upload is completed.
  `CREATE TABLE roster_usernames (
    upload_id TEXT NOT NULL,
    hash INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (upload_id, hash)
  )`,
  `ALTER TABLE slices DROP COLUMN seen`,
  `CREATE INDEX deferred_rows_by_username ON deferred_rows (upload_id, username_key)`,
  `CREATE INDEX deferred_rows_by_student_id ON deferred_rows (upload_id, student_id)`,
  // All problems found; of very many not all are listed in the table of problems.
  `ALTER TABLE uploads ADD COLUMN problems INTEGER NOT NULL DEFAULT 0`,
];
