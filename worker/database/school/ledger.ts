/**
 * The ledger: everything that happened on the bridges, once each, in the order of each bridge's own
 * numbers. It is evidence and never trimmed. With its school goes what happened; the event's place in the
 * chain stays.
 */
import type { Client, InStatement, Row } from "@libsql/client";
import type { AnyEvent, LedgerEvent, SchoolId, ToldEvent } from "../../../shared/protocol.ts";
import { andAll, ofSchools } from "../narrowing.ts";
import type { Page } from "../page.ts";

/** An event as a bridge told it, and what this worker understands of it. */
export interface NumberedEvent extends ToldEvent {
  hash: string;
  /** What every event has; `at` in the form in which instants are compared. */
  head: AnyEvent;
  /** `undefined`: of a type that this worker does not know. It is kept all the same. */
  event: LedgerEvent | undefined;
}

/** The hashes of those of these events that are in the ledger. */
export async function knownHashes(
  database: Client,
  bridgeId: string,
  numbers: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await database.execute({
    sql: `SELECT number, hash FROM ledger
          WHERE bridge_id = ? AND number IN (SELECT value FROM json_each(?))`,
    args: [bridgeId, JSON.stringify(numbers)],
  });
  return new Map(rows.map((row) => [Number(row["number"]), row["hash"] as string]));
}

/**
 * For the batch that takes a bridge's events, those of its schools: it fails when one of them was taken
 * meanwhile.
 */
export function recordEvents(bridgeId: string, events: readonly NumberedEvent[]): InStatement[] {
  if (events.length === 0) return [];
  const rows = events.map(({ number, hash, text, head, previous }) => [
    ...[number, hash, head.schoolId, head.at, head.type, head.uploadId, text, previous],
  ]);
  return [{
    sql:
      `INSERT INTO ledger (bridge_id, number, hash, school_id, at, type, upload_id, event, previous)
          SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
            value ->> 6, value ->> 7
          FROM json_each(?)`,
    args: [bridgeId, JSON.stringify(rows)],
  }];
}

/** For the same batch: the place of those that are kept without what happened. */
export function recordGone(
  bridgeId: string,
  events: readonly Pick<NumberedEvent, "number" | "previous" | "hash">[],
): InStatement[] {
  if (events.length === 0) return [];
  const rows = events.map(({ number, previous, hash }) => [number, previous, hash]);
  return [{
    sql: `INSERT INTO ledger_gone (bridge_id, number, previous, hash)
          SELECT ?, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)`,
    args: [bridgeId, JSON.stringify(rows)],
  }];
}

/** An event by its place in the chain. */
export interface ChainedEvent {
  number: number;
  /** `null`: of a time when it was not kept. */
  previous: string | null;
  hash: string;
  /** `null`: it went with its school. */
  text: string | null;
}

/** In the order of their numbers. */
export async function eventsAfter(
  database: Client,
  bridgeId: string,
  number: number,
  limit: number,
): Promise<ChainedEvent[]> {
  const { rows } = await database.execute({
    sql: `SELECT * FROM (
            SELECT number, previous, hash, event AS text FROM ledger
              WHERE bridge_id = ?1 AND number > ?2
            UNION ALL SELECT number, previous, hash, NULL FROM ledger_gone
              WHERE bridge_id = ?1 AND number > ?2
          ) ORDER BY number LIMIT ?3`,
    args: [bridgeId, number, limit],
  });
  return rows.map((row) => ({
    number: Number(row["number"]),
    previous: row["previous"] as string | null,
    hash: row["hash"] as string,
    text: row["text"] as string | null,
  }));
}

/** An event as people look for it. */
export interface ListedEvent {
  bridgeId: string;
  number: number;
  at: string;
  schoolId: SchoolId;
  /** Its type; of a file with its new state: `file.removed`. */
  kind: string;
  uploadId: string | null;
  event: Record<string, unknown>;
}

export interface EventFilter {
  /** `undefined`: of all. */
  schools?: readonly SchoolId[] | undefined;
  kind?: string | undefined;
  /** A key's fingerprint, or an address. */
  who?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const kind = `CASE type WHEN 'file' THEN 'file.' || (event ->> '$.state') ELSE type END`;
const listed =
  `SELECT bridge_id, number, at, school_id, ${kind} AS kind, upload_id, event FROM ledger`;

/** Newest first, after an instant and a place; one row more than the page has. */
export async function listEvents(
  database: Client,
  { limit, after }: Page<[at: string, bridgeId: string, number: number]>,
  { schools, kind: wantedKind, who, since, until }: EventFilter,
): Promise<ListedEvent[]> {
  const wanted = andAll([
    ofSchools("school_id", schools),
    [`${kind} = ?`, wantedKind],
    [`event ->> '$.sender.${who?.startsWith("SHA256:") ? "fingerprint" : "address"}' = ?`, who],
    ["at >= ?", since],
    ["at < ?", until],
  ]);
  const { rows } = await database.execute({
    sql: `${listed} WHERE (at, bridge_id, number) < (?, ?, ?)${wanted.sql}
      ORDER BY at DESC, bridge_id DESC, number DESC LIMIT ?`,
    args: [...after ?? ["~", "", 0], ...wanted.args, limit + 1],
  });
  return rows.map(readListed);
}

/**
 * What happened on the bridge about an upload: its own events, and those of its names, from when the file
 * was begun. In the bridge's order.
 */
export async function eventsOfUpload(
  database: Client,
  { id, schoolId, name, paths, from, acceptedAt }: {
    id: string;
    schoolId: SchoolId;
    /** The path under which it was sent: after it was accepted, that is another file's. */
    name: string;
    /** Those that it has had since, and those of its results. */
    paths: readonly string[];
    /** ISO 8601 UTC; nothing before is looked at. */
    from: string;
    acceptedAt: string;
  },
): Promise<ListedEvent[]> {
  const { rows } = await database.execute({
    sql: `${listed} WHERE upload_id = ?1
          UNION ${listed} WHERE school_id = ?2 AND at >= ?3
            AND event ->> '$.path' IN (SELECT value FROM json_each(?4))
          UNION ${listed} WHERE school_id = ?2 AND at BETWEEN ?3 AND ?5 AND event ->> '$.path' = ?6
          ORDER BY bridge_id, number LIMIT 1000`,
    args: [id, schoolId, from, JSON.stringify(paths), acceptedAt, name],
  });
  return rows.map(readListed);
}

/**
 * The last login of a key from an address at an instant or before it. It is looked for among logins and
 * refusals, as these have an index of their own.
 */
export async function loginBefore(
  database: Client,
  { schoolId, at, fingerprint, address }: {
    schoolId: SchoolId;
    /** ISO 8601 UTC. */
    at: string;
    fingerprint: string;
    address: string;
  },
): Promise<ListedEvent | undefined> {
  const { rows } = await database.execute({
    sql: `${listed} WHERE school_id = ? AND at <= ?
            AND type IN ('login', 'refusal') AND type = 'login'
            AND event ->> '$.sender.fingerprint' = ? AND event ->> '$.sender.address' = ?
          ORDER BY at DESC, number DESC LIMIT 1`,
    args: [schoolId, at, fingerprint, address],
  });
  return rows[0] && readListed(rows[0]);
}

function readListed(row: Row): ListedEvent {
  return {
    bridgeId: row["bridge_id"] as string,
    number: Number(row["number"]),
    at: row["at"] as string,
    schoolId: Number(row["school_id"]) as SchoolId,
    kind: row["kind"] as string,
    uploadId: row["upload_id"] as string | null,
    event: JSON.parse(row["event"] as string),
  };
}
