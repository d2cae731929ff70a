/** What the whole looks like at a glance: the part of it that stands in the schools' own tables. */
import type { Client } from "@libsql/client";
import type { SchoolId, UploadState } from "../../../shared/protocol.ts";

export interface StandingUpload {
  id: string;
  schoolId: SchoolId;
  name: string;
  state: string;
  acceptedAt: string;
}

/** Uploads that wait for a person, those that have waited longest first. */
export async function standingUploads(
  database: Client,
  schools: readonly SchoolId[],
  limit: number,
): Promise<StandingUpload[]> {
  const { rows } = await database.execute({
    sql: `SELECT id, school_id, name, state, accepted_at FROM uploads
          WHERE state IN ('held', 'parked') AND school_id IN (SELECT value FROM json_each(?))
          ORDER BY accepted_at LIMIT ?`,
    args: [JSON.stringify(schools), limit],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    schoolId: Number(row["school_id"]) as SchoolId,
    name: row["name"] as string,
    state: row["state"] as string,
    acceptedAt: row["accepted_at"] as string,
  }));
}

export interface UnfetchedExport {
  id: string;
  schoolId: SchoolId;
  name: string;
  deliveredAt: string;
}

/** Was put into /outbound, and is still there: the school, or an administrator, may have removed it. */
const liesInOutbound = `delivered_at IS NOT NULL AND EXISTS (SELECT 1 FROM files AS f
  WHERE f.school_id = exports.school_id AND f.path = '/outbound/' || exports.name)`;

/**
 * Exports that lie in /outbound since before an instant, those that have lain longest first. The plus
 * keeps SQLite from reading all exports that there ever were: it is to look in those that lie.
 */
export async function unfetchedExports(
  database: Client,
  schools: readonly SchoolId[],
  before: string,
  limit: number,
): Promise<UnfetchedExport[]> {
  const { rows } = await database.execute({
    sql: `SELECT id, school_id, name, delivered_at FROM exports
          WHERE delivered_at < ? AND downloaded_at IS NULL AND ${liesInOutbound}
            AND +school_id IN (SELECT value FROM json_each(?)) ORDER BY delivered_at LIMIT ?`,
    args: [before, JSON.stringify(schools), limit],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    schoolId: Number(row["school_id"]) as SchoolId,
    name: row["name"] as string,
    deliveredAt: row["delivered_at"] as string,
  }));
}

/** What is under way or stands, of all schools together: from the indexes of just that. */
export interface SchoolWork {
  /** By state; none that is done. */
  uploads: Record<string, number>;
  revertsUnderWay: number;
  /** They lie in /outbound, and were never read to their end. */
  exportsNotDownloaded: number;
  commandsWaiting: number;
}

export async function schoolWork(database: Client): Promise<SchoolWork> {
  const [uploads, counts] = await database.batch([
    {
      sql: `SELECT state, count(*) AS uploads FROM uploads
            WHERE state IN (SELECT value FROM json_each(?)) GROUP BY state`,
      args: [JSON.stringify(openStates)],
    },
    `SELECT (SELECT count(*) FROM reverts WHERE finished_at IS NULL) AS reverts,
       (SELECT count(*) FROM exports WHERE downloaded_at IS NULL AND ${liesInOutbound}) AS exports,
       (SELECT count(*) FROM commands WHERE done_at IS NULL AND outcome IS NULL) AS commands`,
  ], "read");
  const counted = uploads!.rows.map((row) => [row["state"] as string, Number(row["uploads"])]);
  const row = counts!.rows[0]!;
  return {
    uploads: {
      ...Object.fromEntries(openStates.map((state) => [state, 0])),
      ...Object.fromEntries(counted),
    },
    revertsUnderWay: Number(row["reverts"]),
    exportsNotDownloaded: Number(row["exports"]),
    commandsWaiting: Number(row["commands"]),
  };
}

const openStates = ["accepted", "checking", "processing", "held", "parked"] satisfies UploadState[];
