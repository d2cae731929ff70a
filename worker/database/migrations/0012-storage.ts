/** Storage: what bridges tell of a school's storage key, and for how long a school keeps what is done. */
export const statements: string[] = [
  "CREATE INDEX ledger_of_storage_keys ON ledger (school_id, at, number) WHERE type = 'storage_key'",
  // Control plane. A school without a row keeps everything for ever.
  `CREATE TABLE retentions (
    school_id INTEGER NOT NULL PRIMARY KEY,
    days INTEGER NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    next_at TEXT NOT NULL
  )`,
  "CREATE INDEX retentions_due ON retentions (next_at)",
];
