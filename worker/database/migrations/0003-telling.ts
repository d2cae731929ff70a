/**
 * Who is told what happened: occurrences, webhooks, contacts and their mail, and what is watched.
 * Times are ISO 8601 UTC text to the millisecond, so that they sort as text.
 */
export const statements: string[] = [
  // School plane. What happened, written in the batch of the change. once: what may happen one time
  // only, so that a batch that is repeated tells nothing twice. facts: counts, codes and ids as JSON,
  // never a row's values. told_at: when it was handed to all who want to know.
  `CREATE TABLE occurrences (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    school_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    once TEXT NOT NULL,
    at TEXT NOT NULL,
    facts TEXT NOT NULL,
    told_at TEXT
  )`,
  `CREATE UNIQUE INDEX occurrences_once ON occurrences (school_id, once)`,
  `CREATE INDEX occurrences_untold ON occurrences (number) WHERE told_at IS NULL`,
  `CREATE INDEX occurrences_told ON occurrences (told_at) WHERE told_at IS NOT NULL`,
  // Control plane from here on. school_id NULL: of all schools; kinds NULL: of every kind. ready_at
  // is later than now only while a receiver fails, so that all that waits for it waits together.
  `CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER,
    url TEXT NOT NULL,
    kinds TEXT,
    description TEXT NOT NULL,
    state TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    ready_at TEXT,
    created_at TEXT NOT NULL
  )`,
  // due_at is NULL once it was delivered or given up. A worker that sends it has the lease until
  // leased_until. attempts: the last ones as a JSON array.
  `CREATE TABLE webhook_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    webhook_id TEXT NOT NULL,
    school_id INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    give_up_at TEXT NOT NULL,
    due_at TEXT,
    lease TEXT,
    leased_until TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    attempts TEXT NOT NULL DEFAULT '[]',
    finished_at TEXT
  )`,
  `CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at)
    WHERE due_at IS NOT NULL`,
  `CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (lease) WHERE lease IS NOT NULL`,
  `CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, created_at, id)`,
  `CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at)
    WHERE finished_at IS NOT NULL`,
  // The school's people. digest_at is a time of the day on the clock of timezone; NULL: at once.
  `CREATE TABLE contacts (
    id TEXT NOT NULL PRIMARY KEY,
    school_id INTEGER NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    wants TEXT NOT NULL,
    digest_at TEXT,
    timezone TEXT,
    created_at TEXT NOT NULL
  )`,
  `CREATE UNIQUE INDEX contacts_by_school ON contacts (school_id, email)`,
  // frozen_at: when a worker first had it in hand; from then on nothing is added to it.
  `CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    contact_id TEXT NOT NULL,
    school_id INTEGER NOT NULL,
    is_digest INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    due_at TEXT,
    frozen_at TEXT,
    lease TEXT,
    leased_until TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    address TEXT,
    subject TEXT,
    answer TEXT,
    finished_at TEXT
  )`,
  `CREATE INDEX mails_due ON mails (due_at) WHERE due_at IS NOT NULL`,
  `CREATE INDEX mails_leased ON mails (lease) WHERE lease IS NOT NULL`,
  `CREATE INDEX mails_listed ON mails (school_id, created_at, id)`,
  `CREATE INDEX mails_finished ON mails (finished_at) WHERE finished_at IS NOT NULL`,
  // What a mail tells. The key is what lets a contact be told of an occurrence once.
  `CREATE TABLE notices (
    contact_id TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    mail_id TEXT NOT NULL,
    school_id INTEGER NOT NULL,
    notice TEXT NOT NULL,
    PRIMARY KEY (contact_id, occurrence)
  )`,
  `CREATE INDEX notices_by_mail ON notices (mail_id)`,
  // When each school is looked at next, and since when it is silent. expectation is the setting it
  // was made of; since is when the time began in which a roster has to come.
  `CREATE TABLE watches (
    school_id INTEGER NOT NULL PRIMARY KEY,
    expectation TEXT,
    cron TEXT,
    timezone TEXT,
    since TEXT,
    next_at TEXT,
    silent_since TEXT
  )`,
  `CREATE INDEX watches_next ON watches (next_at) WHERE next_at IS NOT NULL`,
  `CREATE INDEX watches_silent ON watches (school_id) WHERE silent_since IS NOT NULL`,
  // What is done by one worker every so often: when it is next.
  `CREATE TABLE rounds (name TEXT NOT NULL PRIMARY KEY, next_at TEXT NOT NULL)`,
  `CREATE INDEX ssh_keys_expiring ON ssh_keys (expires_at)
    WHERE expires_at IS NOT NULL AND revoked_at IS NULL`,
  `CREATE INDEX exports_waiting ON exports (delivered_at)
    WHERE delivered_at IS NOT NULL AND downloaded_at IS NULL`,
];
