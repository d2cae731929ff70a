/** Exports of all schools are listed, newest first. */
export const statements: string[] = [
  "CREATE INDEX exports_by_time ON exports (due_at, id)",
];
