/**
 * The audit is sealed as the bridges' events are chained: each entry with the hash of the one before.
 * Events keep the hash before them, so that what follows one that is gone can still be checked.
 */
export const statements: string[] = [
  // Control plane. NULL until the next seal.
  "ALTER TABLE audit ADD COLUMN hash TEXT",
  "CREATE INDEX audit_by_time ON audit (at, id)",
  // The number of the first event that was taken; NULL: of before.
  "ALTER TABLE bridges ADD COLUMN first INTEGER",
  // entry is the last that it covers, hash the one of that entry.
  `CREATE TABLE seals (
    number INTEGER PRIMARY KEY,
    entry INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at TEXT NOT NULL
  )`,
  // School plane. NULL: of before.
  "ALTER TABLE ledger ADD COLUMN previous TEXT",
  "CREATE INDEX ledger_by_time ON ledger (at, bridge_id, number)",
  // Events of schools that are gone, and of those that never were a bridge's: their place in the chain,
  // and nothing of what happened.
  `CREATE TABLE ledger_gone (
    bridge_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    previous TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY (bridge_id, number)
  )`,
];
