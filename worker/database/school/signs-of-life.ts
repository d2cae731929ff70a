/** What the watch asks of a school's own rows: did a roster come, was an export fetched? */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";

export const appliedQuery = `SELECT
  EXISTS (SELECT 1 FROM uploads WHERE school_id = ?1 AND state = 'completed'
    AND lane = 'roster' AND completed_at > ?2 AND completed_at <= ?3 AND pass = 'apply') AS applied,
  EXISTS (SELECT 1 FROM uploads WHERE school_id = ?1 AND accepted_at > ?2 AND lane = 'roster'
    AND state IN ('accepted', 'checking', 'processing')) AS under_way`;

/** Was a roster of the school applied between two instants, and is one under way since the first? */
export async function rosterSince(
  database: Client,
  schoolId: SchoolId,
  since: string,
  until: string,
): Promise<{ isApplied: boolean; isUnderWay: boolean }> {
  const { rows: [row] } = await database.execute({
    sql: appliedQuery,
    args: [schoolId, since, until],
  });
  return {
    isApplied: Number(row!["applied"]) === 1,
    isUnderWay: Number(row!["under_way"]) === 1,
  };
}

/** Rosters of a school that came and were not applied. */
export interface UnappliedFiles {
  /** The newest that stands still. */
  waiting?: { name: string; state: "held" | "parked"; because: string | null };
  /** There is one that was done with: it has a report. */
  reported?: true;
}

export const waitingQuery = `SELECT name, state, held_because FROM uploads
  WHERE school_id = ? AND accepted_at > ? AND lane = 'roster' AND state IN ('held', 'parked')
  ORDER BY accepted_at DESC, id DESC LIMIT 1`;

export const reportedQuery = `SELECT 1 FROM uploads
  WHERE school_id = ? AND accepted_at > ? AND lane = 'roster'
    AND state IN ('completed', 'rejected', 'discarded') LIMIT 1`;

/** What came since an instant, of a school of which nothing was applied since. */
export async function unappliedSince(
  database: Client,
  schoolId: SchoolId,
  since: string,
): Promise<UnappliedFiles> {
  const args = [schoolId, since];
  const { rows: [waiting] } = await database.execute({ sql: waitingQuery, args });
  const { rows: reported } = await database.execute({ sql: reportedQuery, args });
  return {
    ...(waiting
      ? {
        waiting: {
          name: waiting["name"] as string,
          state: waiting["state"] as "held" | "parked",
          because: waiting["held_because"] as string | null,
        },
      }
      : {}),
    ...(reported.length > 0 ? { reported: true } : {}),
  };
}

export interface WaitingExport {
  id: string;
  schoolId: SchoolId;
  deliveredAt: string;
}

/** Exports that lie in /outbound unread, as a clock that ran ahead has it since later: since now. */
export async function deliveredByNow(
  database: Client,
  { now, later }: { now: string; later: string },
): Promise<void> {
  await database.execute({
    sql: `UPDATE exports SET delivered_at = ? WHERE delivered_at > ? AND downloaded_at IS NULL`,
    args: [now, later],
  });
}

export const waitingExportsQuery = `SELECT id, school_id, delivered_at FROM exports
  WHERE delivered_at IS NOT NULL AND downloaded_at IS NULL AND delivered_at > ?1
    AND delivered_at <= ?2 AND (delivered_at, id) > (?3, ?4) AND students > 0
    AND NOT EXISTS (SELECT 1 FROM occurrences AS o WHERE o.school_id = exports.school_id
      AND o.once = 'export.not_downloaded:' || exports.id)
  ORDER BY delivered_at, id LIMIT ?5`;

/** Exports with students that were never read, also removed ones, and nobody was told so; the oldest first. */
export async function waitingExports(
  database: Client,
  { after, until }: { after: string; until: string },
  last: WaitingExport | undefined,
  limit: number,
): Promise<WaitingExport[]> {
  const { rows } = await database.execute({
    sql: waitingExportsQuery,
    args: [after, until, last?.deliveredAt ?? "", last?.id ?? "", limit],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    schoolId: Number(row["school_id"]) as SchoolId,
    deliveredAt: row["delivered_at"] as string,
  }));
}
