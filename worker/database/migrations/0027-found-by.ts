/** What lists are narrowed by is found, not looked for among all that ever happened. */
export const statements: string[] = [
  "CREATE INDEX audit_by_action ON audit (action, id)",
  "CREATE INDEX audit_by_actor ON audit (actor, id)",
  `CREATE INDEX audit_of_uploads
    ON audit (school_id, coalesce(detail ->> '$.upload', detail ->> '$.id'), id)
    WHERE substr(action, 1, 7) = 'upload.'`,
  `CREATE INDEX ledger_by_kind ON ledger (
    CASE type WHEN 'file' THEN 'file.' || (event ->> '$.state') ELSE type END,
    at, bridge_id, number)`,
  `CREATE INDEX ledger_by_fingerprint ON ledger (event ->> '$.sender.fingerprint', at, bridge_id, number)
    WHERE event ->> '$.sender.fingerprint' IS NOT NULL`,
  `CREATE INDEX ledger_by_address ON ledger (event ->> '$.sender.address', at, bridge_id, number)
    WHERE event ->> '$.sender.address' IS NOT NULL`,
  `CREATE INDEX ledger_by_path ON ledger (school_id, event ->> '$.path', at)
    WHERE event ->> '$.path' IS NOT NULL`,
  "DROP INDEX ledger_by_school",
  "CREATE INDEX ledger_by_school ON ledger (school_id, at, bridge_id, number)",
  "CREATE INDEX verifications_by_student ON verifications (school_id, username_key, id)",
  "CREATE INDEX occurrences_by_subject ON occurrences (school_id, subject, number)",
  `CREATE INDEX refused_logins_by_slug ON refused_logins (slug, at, bridge_id, number)
    WHERE slug IS NOT NULL`,
  "CREATE INDEX refused_logins_by_address ON refused_logins (address, at, bridge_id, number)",
];
