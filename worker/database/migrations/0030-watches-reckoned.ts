/** Watches by when they were last reckoned: one reckoned in the future is reckoned again. */
export const statements: string[] = [
  "ALTER TABLE watches ADD COLUMN reckoned_at TEXT",
  "CREATE INDEX watches_reckoned ON watches (reckoned_at) WHERE next_at IS NOT NULL",
];
