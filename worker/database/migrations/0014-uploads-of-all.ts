/** Uploads of all schools are listed, newest first, in any state or in one. */
export const statements: string[] = [
  "CREATE INDEX uploads_by_time ON uploads (accepted_at, id)",
  "CREATE INDEX uploads_by_state ON uploads (state, accepted_at, id)",
];
