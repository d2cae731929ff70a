/**
 * The columns of rows that wait stand in the order in which they are asked for: what follows the rows
 * themselves in a record of the database is found only by reading through them.
 */
export const statements: string[] = [
  "ALTER TABLE deferred_rows RENAME TO deferred_rows_before",
  // School plane. As in 0028, but for the claims: JSON of four lists with an entry a row, which are the
  // lines, Username keys, Usernames and StudentIds.
  `CREATE TABLE deferred_rows (
    upload_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    usernames BLOB,
    student_ids BLOB,
    claims TEXT NOT NULL,
    rows TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (upload_id, offset)
  )`,
  `INSERT INTO deferred_rows (upload_id, offset, usernames, student_ids, claims, rows, bytes)
    SELECT upload_id, offset, usernames, student_ids,
      (SELECT json_array(json_group_array(value ->> 0), json_group_array(value ->> 1),
          json_group_array(value ->> 2), json_group_array(value ->> 3)) FROM json_each(claims)),
      rows, bytes
    FROM deferred_rows_before`,
  "DROP TABLE deferred_rows_before",
  "CREATE INDEX reverts_by_school ON reverts (school_id)",
];
