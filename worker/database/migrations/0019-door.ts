/** Where logins may come from, those that were refused, and who is shut out for a while. */
export const statements: string[] = [
  // A list of networks, JSON; NULL: from anywhere.
  "ALTER TABLE ssh_keys ADD COLUMN allowed_addresses TEXT",
  // What the bridge said last, JSON.
  "ALTER TABLE bridges ADD COLUMN bans TEXT NOT NULL DEFAULT '[]'",
  `CREATE TABLE lifted_bans (
    bridge TEXT NOT NULL,
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (bridge, source)
  )`,
  // Of strangers too, whose events are of no school and so not in its ledger.
  `CREATE TABLE refused_logins (
    bridge_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    since TEXT NOT NULL,
    count INTEGER NOT NULL,
    reason TEXT NOT NULL,
    slug TEXT,
    address TEXT NOT NULL,
    fingerprint TEXT,
    client TEXT NOT NULL,
    PRIMARY KEY (bridge_id, number)
  )`,
  "CREATE INDEX refused_logins_by_time ON refused_logins (at, bridge_id, number)",
  `CREATE INDEX ledger_logins ON ledger (school_id, at, number)
    WHERE type IN ('login', 'refusal')`,
];
