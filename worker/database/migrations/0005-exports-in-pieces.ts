/**
 * Exports are filled in pieces: made_at says that one is whole, through which verification it goes,
 * command_id which command delivers it.
 */
export const statements: string[] = [
  "ALTER TABLE exports ADD COLUMN made_at TEXT",
  "ALTER TABLE exports ADD COLUMN through INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE exports ADD COLUMN command_id TEXT NOT NULL DEFAULT ''",
  "UPDATE exports SET made_at = created_at",
  // At most one export of a school is being made.
  "CREATE UNIQUE INDEX exports_making ON exports (school_id) WHERE made_at IS NULL",
  // The partial indexes do not serve what is about all of a school's verifications.
  "CREATE INDEX verifications_by_school ON verifications (school_id, id)",
  "CREATE INDEX audit_by_school ON audit (school_id, id)",
];
