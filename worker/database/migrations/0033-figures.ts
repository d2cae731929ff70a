/** What the first page of the console counts is kept for a while, as counting reads all that it counts. */
export const statements: string[] = [
  // School plane. days: JSON, the uploads of each day.
  `CREATE TABLE figures (
    school_id INTEGER NOT NULL PRIMARY KEY,
    counted_at TEXT NOT NULL,
    students INTEGER NOT NULL,
    days TEXT NOT NULL
  )`,
];
