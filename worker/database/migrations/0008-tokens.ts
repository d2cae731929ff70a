/** Administrators' tokens. */
export const statements: string[] = [
  // Control plane. hash: SHA-256 of the token, hexadecimal. schools: the ids of those it is limited to,
  // as a JSON array; NULL: all of them. A revoked one stays, as the audit speaks of it by its name.
  `CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    schools TEXT,
    hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT,
    revoked_at TEXT
  )`,
  `CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE revoked_at IS NULL`,
  `CREATE INDEX tokens_listed ON tokens (created_at, id)`,
];
