/** What the whole looks like at a glance: the part of it that stands in the schools' own tables. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";

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

export interface UploadsOfDay {
  /** YYYY-MM-DD, UTC. */
  day: string;
  applied: number;
  withRejections: number;
  /** Rejected whole, held, parked or given up. */
  refused: number;
}

/** Days without an upload are left out. */
export async function uploadsByDay(
  database: Client,
  schools: readonly SchoolId[],
  since: string,
): Promise<UploadsOfDay[]> {
  const { rows } = await database.execute({
    sql: `SELECT substr(u.accepted_at, 1, 10) AS day,
            sum(u.state NOT IN ('rejected', 'held', 'parked', 'discarded')
              AND coalesce(r.rejected, 0) = 0) AS applied,
            sum(u.state NOT IN ('rejected', 'held', 'parked', 'discarded')
              AND coalesce(r.rejected, 0) > 0) AS with_rejections,
            sum(u.state IN ('rejected', 'held', 'parked', 'discarded')) AS refused
          FROM json_each(?) AS s
            JOIN uploads AS u ON u.school_id = s.value AND u.accepted_at >= ?
            LEFT JOIN rosters AS r ON r.upload_id = u.id
          GROUP BY day ORDER BY day`,
    args: [JSON.stringify(schools), since],
  });
  return rows.map((row) => ({
    day: row["day"] as string,
    applied: Number(row["applied"]),
    withRejections: Number(row["with_rejections"]),
    refused: Number(row["refused"]),
  }));
}

export interface UnfetchedExport {
  id: string;
  schoolId: SchoolId;
  name: string;
  deliveredAt: string;
}

/** Exports that lie in /outbound since before an instant, those that have lain longest first. */
export async function unfetchedExports(
  database: Client,
  schools: readonly SchoolId[],
  before: string,
  limit: number,
): Promise<UnfetchedExport[]> {
  const { rows } = await database.execute({
    sql: `SELECT id, school_id, name, delivered_at FROM exports
          WHERE delivered_at < ? AND downloaded_at IS NULL
            AND school_id IN (SELECT value FROM json_each(?)) ORDER BY delivered_at LIMIT ?`,
    args: [before, JSON.stringify(schools), limit],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    schoolId: Number(row["school_id"]) as SchoolId,
    name: row["name"] as string,
    deliveredAt: row["delivered_at"] as string,
  }));
}

export async function countStudents(
  database: Client,
  schools: readonly SchoolId[],
): Promise<number> {
  const { rows } = await database.execute({
    sql: `SELECT count(*) AS students FROM students
          WHERE school_id IN (SELECT value FROM json_each(?))`,
    args: [JSON.stringify(schools)],
  });
  return Number(rows[0]!["students"]);
}
