/** The homes as the bridge last told of them. */
import type { Client, InStatement, Row } from "@libsql/client";
import type { FileState, LedgerEvent, SchoolId, Sender } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";

export type FileEvent = Extract<LedgerEvent, { type: "file" }>;
export type DownloadEvent = Extract<LedgerEvent, { type: "download" }>;

export interface StoredFile {
  path: string;
  state: Exclude<FileState, "removed">;
  /** Bytes. */
  size: number;
  /** When this was so, ISO 8601 UTC. */
  at: string;
  /** Who wrote it; `null` when the service did. */
  sender: Sender | null;
  /** When it was last read to its end. */
  downloadedAt: string | null;
}

/** An event that was not taken before, and that no later one of its path overtook. */
const isNews = `NOT EXISTS (SELECT 1 FROM ledger WHERE id = json_extract(e.value, '$.id'))
  AND NOT EXISTS (SELECT 1 FROM ledger AS later
    WHERE later.school_id = json_extract(e.value, '$.schoolId')
      AND later.at > json_extract(e.value, '$.at') AND later.type = 'file'
      AND json_extract(later.event, '$.path') = json_extract(e.value, '$.path'))`;

/**
 * For the batch that takes the bridge's events, before it writes them to the ledger: what the files
 * look like after them. Events that were taken before change nothing.
 */
export function recordFiles(events: readonly FileEvent[]): InStatement[] {
  const latest = latestByPath(events);
  const there = latest.filter(({ state }) => state !== "removed");
  const gone = latest.filter(({ state }) => state === "removed");
  const statements: InStatement[] = [];
  if (there.length > 0) {
    statements.push({
      sql: `INSERT INTO files (school_id, path, state, size, at, fingerprint, address, client)
            SELECT s.id, json_extract(e.value, '$.path'), json_extract(e.value, '$.state'),
              json_extract(e.value, '$.size'), json_extract(e.value, '$.at'),
              json_extract(e.value, '$.sender.fingerprint'),
              json_extract(e.value, '$.sender.address'), json_extract(e.value, '$.sender.client')
            FROM json_each(?) AS e CROSS JOIN schools AS s ON s.id = json_extract(e.value, '$.schoolId')
            WHERE ${isNews}
            ON CONFLICT (school_id, path) DO UPDATE SET state = excluded.state,
              size = excluded.size, at = excluded.at, fingerprint = excluded.fingerprint,
              address = excluded.address, client = excluded.client, downloaded_at = NULL
            WHERE excluded.at >= files.at`,
      args: [JSON.stringify(there)],
    });
  }
  if (gone.length > 0) {
    statements.push({
      sql: `DELETE FROM files WHERE rowid IN (SELECT f.rowid FROM json_each(?) AS e
              CROSS JOIN files AS f ON f.school_id = json_extract(e.value, '$.schoolId')
                AND f.path = json_extract(e.value, '$.path')
              WHERE f.at <= json_extract(e.value, '$.at') AND ${isNews})`,
      args: [JSON.stringify(gone)],
    });
  }
  return statements;
}

/** For the same batch, after `recordFiles`: which files were read to their end. */
export function recordReads(events: readonly DownloadEvent[]): InStatement[] {
  if (events.length === 0) return [];
  return [{
    // Named in full, as json_each has columns of its own.
    sql: `UPDATE files SET downloaded_at = json_extract(e.value, '$.at')
          FROM json_each(?) AS e
          WHERE files.school_id = json_extract(e.value, '$.schoolId')
            AND files.path = json_extract(e.value, '$.path')
            AND files.at <= json_extract(e.value, '$.at')
            AND (files.downloaded_at IS NULL
              OR files.downloaded_at < json_extract(e.value, '$.at'))`,
    args: [JSON.stringify(latestByPath(events))],
  }];
}

/** The last event of each path; of two at the same instant the one that was told later. */
function latestByPath<Event extends FileEvent | DownloadEvent>(events: readonly Event[]): Event[] {
  const latest = new Map<string, Event>();
  for (const event of events) {
    const key = `${event.schoolId} ${event.path}`;
    const other = latest.get(key);
    if (!other || event.at >= other.at) latest.set(key, event);
  }
  return [...latest.values()];
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
    state: row["state"] as StoredFile["state"],
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
