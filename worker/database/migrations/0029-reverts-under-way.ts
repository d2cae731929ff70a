/** One revert of a school comes after the other. School plane. */
export const statements: string[] = [
  "CREATE INDEX reverts_under_way ON reverts (school_id) WHERE finished_at IS NULL",
];
