/** When a key was last used, and what was removed from homes. */
export const statements: string[] = [
  "ALTER TABLE ssh_keys ADD COLUMN last_used_at TEXT",
  "ALTER TABLE ssh_keys ADD COLUMN last_used_from TEXT",
  `CREATE INDEX ledger_of_removals ON ledger (school_id, at, bridge_id, number)
    WHERE type = 'file' AND event ->> '$.state' = 'removed'`,
  `CREATE INDEX audit_of_removals ON audit (school_id, id) WHERE action = 'file.removal_asked'`,
];
