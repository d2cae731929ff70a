/** How many students a school has and what it sends: counted, and kept as counted. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";

export interface UploadsOfDay {
  /** YYYY-MM-DD, UTC. */
  day: string;
  applied: number;
  withRejections: number;
  /** Rejected whole, held, parked or given up. */
  refused: number;
}

export interface Figures {
  schoolId: SchoolId;
  /** ISO 8601, UTC. */
  countedAt: string;
  students: number;
  /** Days without an upload are left out. */
  days: UploadsOfDay[];
}

/** As they were counted after an instant; none of a school where that is longer ago. */
export async function keptFigures(
  database: Client,
  schools: readonly SchoolId[],
  { after, now }: { after: string; now: string },
): Promise<Figures[]> {
  const { rows } = await database.execute({
    sql: `SELECT school_id, counted_at, students, days FROM figures
          WHERE school_id IN (SELECT value FROM json_each(?)) AND counted_at > ? AND counted_at <= ?`,
    args: [JSON.stringify(schools), after, now],
  });
  return rows.map((row) => ({
    schoolId: Number(row["school_id"]) as SchoolId,
    countedAt: row["counted_at"] as string,
    students: Number(row["students"]),
    days: JSON.parse(row["days"] as string),
  }));
}

/** Reads each student of the schools, and each upload that was accepted since an instant. */
export async function countFigures(
  database: Client,
  schools: readonly SchoolId[],
  { since, now }: { since: string; now: string },
): Promise<Figures[]> {
  const { rows } = await database.execute({
    sql: `SELECT s.value AS school_id,
            (SELECT count(*) FROM students WHERE school_id = s.value) AS students,
            (SELECT json_group_array(json_object('day', day, 'applied', applied,
                'withRejections', with_rejections, 'refused', refused))
              FROM (SELECT substr(u.accepted_at, 1, 10) AS day,
                  sum(u.state NOT IN ('rejected', 'held', 'parked', 'discarded')
                    AND coalesce(r.rejected, 0) = 0) AS applied,
                  sum(u.state NOT IN ('rejected', 'held', 'parked', 'discarded')
                    AND coalesce(r.rejected, 0) > 0) AS with_rejections,
                  sum(u.state IN ('rejected', 'held', 'parked', 'discarded')) AS refused
                FROM uploads AS u LEFT JOIN rosters AS r ON r.upload_id = u.id
                WHERE u.school_id = s.value AND u.accepted_at >= ?1
                GROUP BY day ORDER BY day)) AS days
          FROM json_each(?2) AS s`,
    args: [since, JSON.stringify(schools)],
  });
  return rows.map((row) => ({
    schoolId: Number(row["school_id"]) as SchoolId,
    countedAt: now,
    students: Number(row["students"]),
    days: JSON.parse(row["days"] as string),
  }));
}

/** Those of a school that has nothing are not kept: it may have been purged since it was counted. */
export async function keepFigures(database: Client, figures: readonly Figures[]): Promise<void> {
  await database.execute({
    sql: `INSERT OR REPLACE INTO figures (school_id, counted_at, students, days)
          SELECT value ->> 'schoolId', value ->> 'countedAt', value ->> 'students', value ->> 'days'
          FROM json_each(?)
          WHERE EXISTS (SELECT 1 FROM students WHERE school_id = value ->> 'schoolId')
            OR EXISTS (SELECT 1 FROM uploads WHERE school_id = value ->> 'schoolId')`,
    args: [JSON.stringify(figures)],
  });
}
