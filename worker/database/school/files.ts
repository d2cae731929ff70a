/** The homes as the bridge last told of them. */
import type { Client, InStatement, Row } from "@libsql/client";
import type { LedgerEvent, SchoolId, Sender } from "../../../shared/protocol.ts";
import { isGone } from "../../../shared/told-state.ts";
import type { Page } from "../page.ts";
import type { NumberedEvent } from "./ledger.ts";

export type FileEvent = Extract<LedgerEvent, { type: "file" }>;
export type DownloadEvent = Extract<LedgerEvent, { type: "download" }>;

export interface StoredFile {
  path: string;
  /** As the bridge calls it: `partial`, `complete`, `processing`. */
  state: string;
  /** Bytes. */
  size: number;
  /** When this was so, ISO 8601 UTC. */
  at: string;
  /** Who wrote it; `null` when the service did. */
  sender: Sender | null;
  /** When it was last read to its end. */
  downloadedAt: string | null;
}

/**
 * For the batch that takes a bridge's events, those of its schools, each once and in the order of their
 * numbers: what the files look like after them.
 */
export function recordFiles(events: readonly NumberedEvent[]): InStatement[] {
  const latest = latestByPath(events.filter(isFile));
  const there = latest.filter(({ event }) => !isGone(event.state));
  const gone = latest.filter(({ event }) => isGone(event.state));
  const statements: InStatement[] = [];
  if (there.length > 0) {
    statements.push({
      sql: `INSERT INTO files (school_id, path, state, size, at, fingerprint, address, client)
            SELECT e.value ->> '$.schoolId', e.value ->> '$.path', e.value ->> '$.state', e.value ->> '$.size',
              e.value ->> '$.at', e.value ->> '$.sender.fingerprint',
              e.value ->> '$.sender.address', e.value ->> '$.sender.client'
            FROM json_each(?) AS e WHERE true
            ON CONFLICT (school_id, path) DO UPDATE SET state = excluded.state,
              size = excluded.size, at = excluded.at, fingerprint = excluded.fingerprint,
              address = excluded.address, client = excluded.client, downloaded_at = NULL`,
      args: [JSON.stringify(there.map(({ event }) => event))],
    });
  }
  if (gone.length > 0) {
    statements.push({
      sql: `DELETE FROM files WHERE rowid IN (SELECT f.rowid FROM json_each(?) AS e
              CROSS JOIN files AS f
                ON f.school_id = e.value ->> '$.schoolId' AND f.path = e.value ->> '$.path')`,
      args: [JSON.stringify(gone.map(({ event }) => event))],
    });
  }
  return statements;
}

/** For the same batch, after `recordFiles`: which files, as they are now, were read to their end. */
export function recordReads(events: readonly NumberedEvent[]): InStatement[] {
  const written = new Map(
    latestByPath(events.filter(isFile)).map((told) => [keyOf(told.event), told.number]),
  );
  const reads = latestByPath(events.filter(isDownload))
    .filter(({ number, event }) => number > (written.get(keyOf(event)) ?? 0));
  if (reads.length === 0) return [];
  return [{
    // Named in full, as json_each has columns of its own.
    sql: `UPDATE files SET downloaded_at = e.value ->> '$.at'
          FROM json_each(?) AS e
          WHERE files.school_id = e.value ->> '$.schoolId'
            AND files.path = e.value ->> '$.path'`,
    args: [JSON.stringify(reads.map(({ event }) => event))],
  }];
}

type Numbered<Event> = NumberedEvent & { event: Event };

function isFile(told: NumberedEvent): told is Numbered<FileEvent> {
  return told.event?.type === "file";
}

function isDownload(told: NumberedEvent): told is Numbered<DownloadEvent> {
  return told.event?.type === "download";
}

/** The last event of each path, by its number. */
function latestByPath<Event extends FileEvent | DownloadEvent>(
  events: readonly Numbered<Event>[],
): Numbered<Event>[] {
  const latest = new Map<string, Numbered<Event>>();
  for (const told of events) latest.set(keyOf(told.event), told);
  return [...latest.values()];
}

function keyOf({ schoolId, path }: FileEvent | DownloadEvent): string {
  return `${schoolId} ${path}`;
}

const columns = "path, state, size, at, fingerprint, address, client, downloaded_at";

/** Newest first; one row more than the page has. */
export async function listFiles(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string, string]>,
): Promise<StoredFile[]> {
  // Later than any instant there is.
  const [at, path] = after ?? ["~", ""];
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM files WHERE school_id = ? AND (at, path) < (?, ?)
          ORDER BY at DESC, path DESC LIMIT ?`,
    args: [schoolId, at, path, limit + 1],
  });
  return rows.map(readFile);
}

/** The oldest files that are as they are since `before` or longer, after a place in their order. */
export async function filesBefore(
  database: Client,
  schoolId: SchoolId,
  before: string,
  { after: [at, path], limit }: { after: [string, string]; limit: number },
): Promise<StoredFile[]> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM files WHERE school_id = ? AND at <= ? AND (at, path) > (?, ?)
          ORDER BY at, path LIMIT ?`,
    args: [schoolId, before, at, path, limit],
  });
  return rows.map(readFile);
}

export async function fileByPath(
  database: Client,
  schoolId: SchoolId,
  path: string,
): Promise<StoredFile | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM files WHERE school_id = ? AND path = ?`,
    args: [schoolId, path],
  });
  return rows[0] && readFile(rows[0]);
}

function readFile(row: Row): StoredFile {
  const fingerprint = row["fingerprint"] as string | null;
  return {
    path: row["path"] as string,
    state: row["state"] as string,
    size: Number(row["size"]),
    at: row["at"] as string,
    sender: fingerprint === null ? null : {
      fingerprint,
      address: row["address"] as string,
      client: row["client"] as string,
    },
    downloadedAt: row["downloaded_at"] as string | null,
  };
}
