/** Schedules by when they were last reckoned: one reckoned in the future is reckoned again. */
export const statements: string[] = [
  "CREATE INDEX schedules_updated ON schedules (updated_at) WHERE next_due_at IS NOT NULL",
];
