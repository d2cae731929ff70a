/** How often the run before was heard since another one began: one call may only have been late. */
export const statements: string[] = [
  "ALTER TABLE bridge_runs ADD COLUMN heard INTEGER NOT NULL DEFAULT 0",
];
