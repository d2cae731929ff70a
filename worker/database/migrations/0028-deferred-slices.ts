/**
 * The rows that wait for the end of a file are one row of the database for each slice that has some: a
 * row of their own each, with its keys in three indexes, cost a roster whose StudentIds rotate more than
 * applying it.
 */
export const statements: string[] = [
  "ALTER TABLE deferred_rows RENAME TO deferred_rows_before",
  // School plane. rows: JSON, of each row the student's values, then its line and where its record
  // stands: its offset in the file, its position (from 1) and length in bytes. claims: JSON, of each row
  // its line, Username key, Username and StudentId. usernames, student_ids: hashes of what the rows
  // want, 8 bytes each, for the slices to come; NULL: they read it from the claims.
  `CREATE TABLE deferred_rows (
    upload_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    rows TEXT NOT NULL,
    claims TEXT NOT NULL,
    usernames BLOB,
    student_ids BLOB,
    bytes BLOB NOT NULL,
    PRIMARY KEY (upload_id, offset)
  )`,
  `INSERT INTO deferred_rows (upload_id, offset, rows, claims, bytes)
    SELECT upload_id, offset,
      json_array(json_array(row ->> '$.usernameKey', row ->> '$.username', row ->> '$.studentId',
        row ->> '$.lastName', row ->> '$.firstName', row ->> '$.telephone', row ->> '$.dob',
        row ->> '$.requirementGroup', row ->> '$.term', row ->> '$.onCampus', line, offset, 1,
        length(bytes))),
      json_array(json_array(line, username_key, row ->> '$.username', student_id)),
      bytes
    FROM deferred_rows_before`,
  "DROP TABLE deferred_rows_before",
];
