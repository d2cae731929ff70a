/** When each school's exports are due. */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Client } from "@libsql/client";
import { auditIfChanged, type Author } from "./audit.ts";

export interface StoredSchedule {
  cron: string;
  timezone: string;
}

/** A school whose export is due. */
export interface DueSchool extends StoredSchedule {
  schoolId: SchoolId;
  /** The run that is due: ISO 8601 UTC. */
  dueAt: string;
  /** The bridge that its exports go to. */
  bridge: string;
  /** Its setting `emptyExports` is `skip`. */
  skipEmpty: boolean;
  /** How often this run has failed. */
  failures: number;
}

/**
 * Stores a school's schedule. One that only says again what was stored keeps its next run, so a run
 * that was missed is still made up.
 */
export async function putSchedule(
  database: Client,
  put: StoredSchedule & { schoolId: SchoolId; nextDueAt: string },
  by: Author,
): Promise<void> {
  await database.batch([
    {
      sql: `INSERT INTO schedules (school_id, cron, timezone, next_due_at, ready_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (school_id) DO UPDATE SET
          cron = excluded.cron,
          timezone = excluded.timezone,
          next_due_at = excluded.next_due_at,
          ready_at = excluded.ready_at,
          failures = 0,
          updated_at = excluded.updated_at
        WHERE cron <> excluded.cron OR timezone <> excluded.timezone OR next_due_at IS NULL`,
      args: [put.schoolId, put.cron, put.timezone, put.nextDueAt, put.nextDueAt, by.at],
    },
    auditIfChanged(by, put.schoolId, "schedule.set", { cron: put.cron, timezone: put.timezone }),
  ], "write");
}

export async function getSchedule(
  database: Client,
  schoolId: SchoolId,
): Promise<StoredSchedule | undefined> {
  const { rows: [row] } = await database.execute({
    sql: "SELECT cron, timezone FROM schedules WHERE school_id = ?",
    args: [schoolId],
  });
  return row && { cron: String(row.cron), timezone: String(row.timezone) };
}

/** @returns false when the school had none */
export async function deleteSchedule(
  database: Client,
  schoolId: SchoolId,
  by: Author,
): Promise<boolean> {
  const [deleted] = await database.batch([
    { sql: "DELETE FROM schedules WHERE school_id = ?", args: [schoolId] },
    auditIfChanged(by, schoolId, "schedule.removed", {}),
  ], "write");
  return deleted!.rowsAffected > 0;
}

export const dueSchoolsQuery = `SELECT school_id, bridge, cron, timezone, next_due_at, failures,
    json_extract(schools.settings, '$.emptyExports') IS 'skip' AS skip_empty
  FROM schedules CROSS JOIN schools ON schools.id = school_id
  WHERE ready_at IS NOT NULL AND ready_at <= ? ORDER BY ready_at LIMIT ?`;

/** The schools whose export is due, those that have waited longest first. */
export async function dueSchools(
  database: Client,
  now: string,
  limit: number,
): Promise<DueSchool[]> {
  const { rows } = await database.execute({ sql: dueSchoolsQuery, args: [now, limit] });
  return rows.map((row) => ({
    schoolId: Number(row.school_id) as SchoolId,
    bridge: String(row.bridge),
    cron: String(row.cron),
    timezone: String(row.timezone),
    dueAt: String(row.next_due_at),
    skipEmpty: Number(row.skip_empty) === 1,
    failures: Number(row.failures),
  }));
}

/** A school whose next run was reckoned from a moment that is still to come. */
export type ReckonedAhead = StoredSchedule & Pick<DueSchool, "schoolId" | "dueAt">;

/** Schedules that were reckoned after `now`, by a clock that ran ahead and was put right. */
export async function reckonedAhead(
  database: Client,
  now: string,
  limit: number,
): Promise<ReckonedAhead[]> {
  const { rows } = await database.execute({
    sql: `SELECT school_id, cron, timezone, next_due_at FROM schedules
      WHERE updated_at > ? AND next_due_at IS NOT NULL LIMIT ?`,
    args: [now, limit],
  });
  return rows.map((row) => ({
    schoolId: Number(row.school_id) as SchoolId,
    cron: String(row.cron),
    timezone: String(row.timezone),
    dueAt: String(row.next_due_at),
  }));
}

/** A run that is done, and the run after now, however many were missed; `null` when there is none. */
export interface Done {
  due: Pick<DueSchool, "schoolId" | "dueAt">;
  nextDueAt: string | null;
}

/** Moves schedules on after their runs, save those that were changed meanwhile. */
export async function moveOn(
  database: Client,
  done: readonly Done[],
  now: string,
): Promise<void> {
  if (done.length === 0) return;
  await database.batch(
    done.map(({ due, nextDueAt }) => ({
      sql: `UPDATE schedules SET next_due_at = ?, ready_at = ?, failures = 0,
          updated_at = ? WHERE school_id = ? AND next_due_at = ?`,
      args: [nextDueAt, nextDueAt, now, due.schoolId, due.dueAt],
    })),
    "write",
  );
}

/** Puts a run that failed off, so that the schools behind it get their turn. */
export async function putOff(
  database: Client,
  due: DueSchool,
  readyAt: string,
  now: string,
): Promise<void> {
  await database.execute({
    sql: `UPDATE schedules SET ready_at = ?, failures = failures + 1, updated_at = ?
      WHERE school_id = ? AND next_due_at = ?`,
    args: [readyAt, now, due.schoolId, due.dueAt],
  });
}
