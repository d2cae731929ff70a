/** Who is signed in to the console; what a bridge says of its front door. */
export const statements: string[] = [
  // Control plane. hash is of the cookie's value, which is nowhere, and ADMIN_TOKEN. token_id: the token it
  // was signed in with, so that it ends with it; NULL: ADMIN_TOKEN, or an identity provider. schools
  // is a JSON array of ids, NULL: all. seen_at is to the minute.
  `CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    schools TEXT,
    token_id TEXT,
    signed_in_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
  )`,
  "CREATE INDEX sessions_by_end ON sessions (expires_at)",
  "CREATE INDEX sessions_by_token ON sessions (token_id) WHERE token_id IS NOT NULL",
  // JSON; NULL: it has not said.
  "ALTER TABLE bridges ADD COLUMN door TEXT",
];
