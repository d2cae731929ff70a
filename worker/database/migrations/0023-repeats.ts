/** Requests that say how they are known when they are sent again. */
export const statements: string[] = [
  // Control plane. id: SHA-256 of who asks and the key. request: SHA-256 of what was asked. answer: its
  // status, headers and body, encrypted with the key, which is not kept; NULL: it is being made.
  `CREATE TABLE repeats (
    id TEXT NOT NULL PRIMARY KEY,
    request TEXT NOT NULL,
    at TEXT NOT NULL,
    answer TEXT
  )`,
  "CREATE INDEX repeats_by_time ON repeats (at)",
];
