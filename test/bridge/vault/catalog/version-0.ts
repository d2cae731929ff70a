/**
 * A catalog as bridges made it before it had versions: the tables as they were, and a home in each
 * state a file could have.
 */
import Database from "libsql";

export const sender = { fingerprint: "SHA256:test", address: "127.0.0.1", client: "test" };

const tables = `
  CREATE TABLE directory (id INTEGER PRIMARY KEY CHECK (id = 1), directory TEXT NOT NULL);
  CREATE TABLE school_keys (
    school_id INTEGER NOT NULL, version INTEGER NOT NULL, wrapped BLOB NOT NULL,
    PRIMARY KEY (school_id, version));
  CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    school_id INTEGER NOT NULL, path TEXT NOT NULL,
    blob TEXT NOT NULL, key_version INTEGER NOT NULL,
    state TEXT NOT NULL, size INTEGER NOT NULL, modified_at REAL NOT NULL, accessed_at REAL NOT NULL,
    sender TEXT, export_id TEXT,
    UNIQUE (school_id, path));
  CREATE INDEX files_by_state ON files (state);
  CREATE TABLE doomed_blobs (blob TEXT PRIMARY KEY);
  CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, upload_id TEXT NOT NULL UNIQUE,
    file_id INTEGER NOT NULL, school_id INTEGER NOT NULL, name TEXT NOT NULL, time_code TEXT NOT NULL,
    accepted_at INTEGER NOT NULL, sha256 TEXT);
  CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
  CREATE TABLE commands_done (id TEXT PRIMARY KEY, at TEXT NOT NULL);`;

const timeCode = "20261121T101530123Z";

/** The files of school 1, by path. */
export const files: Record<string, string> = {
  "/inbound/half.csv": "partial",
  "/inbound/closed.csv": "complete",
  [`/inbound/waiting.csv.${timeCode}.processing`]: "processing",
  [`/inbound/done.csv.${timeCode}.original`]: "complete",
  [`/inbound/done.csv.${timeCode}.completed`]: "complete",
  "/outbound/verified-20261121T000000000Z.csv": "complete",
};

/** Makes the catalog in `file`. */
export function makeVersion0(file: string): void {
  const database = new Database(file);
  database.pragma("journal_mode=WAL");
  database.exec(tables);
  const insert = database.prepare(
    `INSERT INTO files (school_id, path, blob, key_version, state, size, modified_at, accessed_at, sender)
     VALUES (1, ?, ?, 1, ?, 10, 1.5, 2.5, ?)`,
  );
  Object.entries(files).forEach(([path, state], index) => {
    insert.run([path, String(index).padStart(32, "0"), state, JSON.stringify(sender)]);
  });
  database.exec(`
    INSERT INTO directory VALUES (1, '{"version":3,"schools":[]}');
    INSERT INTO school_keys VALUES (1, 1, x'0102');
    INSERT INTO doomed_blobs VALUES ('ffffffffffffffffffffffffffffffff');
    INSERT INTO outbox (upload_id, file_id, school_id, name, time_code, accepted_at, sha256)
      VALUES ('5b4f0f3e-0000-4000-8000-000000000001', 3, 1, 'waiting.csv', '${timeCode}', 1795256130123, NULL);
    INSERT INTO events (event) VALUES
      ('{"id":"5b4f0f3e-0000-4000-8000-000000000002","at":"2026-11-21T10:15:30.123Z","type":"login","schoolId":1,"sender":${
    JSON.stringify(sender)
  }}');
    INSERT INTO commands_done VALUES ('5b4f0f3e-0000-4000-8000-000000000003', '2026-11-21T10:15:30.123Z');`);
  database.close();
}
