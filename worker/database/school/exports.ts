/**
 * Exports: the rows of verified students as they were when the export was made, and what became of
 * the file. An export is claimed, filled and sent on its way in one batch, which happens whole or
 * not at all.
 */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Client, InStatement, Row } from "@libsql/client";
import type { Author } from "../control/audit.ts";
import { auditExport, deliver } from "./deliveries.ts";
import type { DueSchool } from "../control/schedules.ts";

export interface StoredExport {
  id: string;
  schoolId: SchoolId;
  /** The file's name in `/outbound`. */
  name: string;
  /** How many rows it has. */
  students: number;
  dueAt: string;
  deliveredAt: string | null;
  downloadedAt: string | null;
  receipt: { fingerprint: string; address: string } | null;
}

/** The ids and the name that a new export gets; times are ISO 8601 UTC. */
export interface NewExport {
  id: string;
  commandId: string;
  schoolId: SchoolId;
  dueAt: string;
  name: string;
  now: string;
}

export type Made = "made" | "nothing_new" | "taken";

/** Nothing waits to be exported, and the school wants no file then. */
const nothingToMake = `NOT EXISTS (SELECT 1 FROM verifications
    WHERE school_id = schools.id AND export_id IS NULL AND withdrawn_at IS NULL)
  AND json_extract(schools.settings, '$.emptyExports') IS 'skip'`;

/**
 * Makes the export that is due, unless another worker did, and moves the schedule on. A schedule that
 * was changed or removed since it was read makes nothing.
 *
 * @param nextDueAt the run after now, however many were missed: a missed time is made up once;
 *   `null` when there is none
 * @returns whether this call made it
 */
export async function makeDueExport(
  database: Client,
  due: DueSchool,
  created: NewExport,
  nextDueAt: string | null,
): Promise<boolean> {
  const [claim] = await database.batch([
    {
      sql: `INSERT INTO exports (school_id, due_at, id, name, created_at)
        SELECT schools.id, ?, ?, ?, ? FROM schedules JOIN schools ON schools.id = school_id
        WHERE school_id = ? AND next_due_at = ? AND NOT (${nothingToMake})
        ON CONFLICT (school_id, due_at) DO NOTHING`,
      args: [due.dueAt, created.id, created.name, created.now, due.schoolId, due.dueAt],
    },
    ...fill(created),
    {
      sql: `UPDATE schedules SET next_due_at = ?, ready_at = ?, failures = 0
        WHERE school_id = ? AND next_due_at = ?`,
      args: [nextDueAt, nextDueAt, due.schoolId, due.dueAt],
    },
  ], "write");
  return claim!.rowsAffected > 0;
}

/**
 * Makes an export now. `taken`: this school has an export of the same millisecond.
 */
export async function makeExportNow(
  database: Client,
  created: NewExport,
  by: Author,
): Promise<Made> {
  const [claim, taken] = await database.batch([
    {
      sql: `INSERT INTO exports (school_id, due_at, id, name, created_at)
        SELECT schools.id, ?, ?, ?, ? FROM schools WHERE schools.id = ? AND NOT (${nothingToMake})
        ON CONFLICT (school_id, due_at) DO NOTHING`,
      args: [created.dueAt, created.id, created.name, created.now, created.schoolId],
    },
    {
      sql: "SELECT 1 FROM exports WHERE school_id = ? AND due_at = ? AND id <> ?",
      args: [created.schoolId, created.dueAt, created.id],
    },
    ...fill(created),
    auditExport(by, "export.made", created.id),
  ], "write");
  if (claim!.rowsAffected > 0) return "made";
  return taken!.rows.length > 0 ? "taken" : "nothing_new";
}

/** What fills a claimed export. Each statement does nothing when the claim did nothing. */
function fill({ id, commandId, schoolId, now }: NewExport): InStatement[] {
  const waiting = `school_id = ? AND export_id IS NULL AND withdrawn_at IS NULL
    AND EXISTS (SELECT 1 FROM exports WHERE id = ?)`;
  return [
    {
      // In order of verification: by its time, and at the same time as they were recorded.
      sql: `INSERT INTO export_rows
          (verification_id, export_id, number, username, student_id, verified_at)
        SELECT waiting.id, ?, row_number() OVER (ORDER BY waiting.verified_at, waiting.id),
          coalesce(students.username, waiting.username_key), students.student_id,
          waiting.verified_at
        FROM (SELECT * FROM verifications WHERE ${waiting}) AS waiting
        LEFT JOIN students ON students.school_id = waiting.school_id
          AND students.username_key = waiting.username_key`,
      args: [id, schoolId, id],
    },
    {
      sql: `UPDATE verifications SET export_id = ? WHERE ${waiting}`,
      args: [id, schoolId, id],
    },
    {
      sql: `UPDATE exports
        SET students = (SELECT coalesce(max(number), 0) FROM export_rows WHERE export_id = ?)
        WHERE id = ?`,
      args: [id, id],
    },
    deliver(id, commandId, now),
  ];
}

const columns = `id, school_id, name, students, due_at, delivered_at, downloaded_at,
  downloaded_fingerprint, downloaded_address`;

export async function getExport(database: Client, id: string): Promise<StoredExport | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT ${columns} FROM exports WHERE id = ?`,
    args: [id],
  });
  return row && readExport(row);
}

/** A school's exports, newest first, after the one that was due at `before`. */
export async function listExports(
  database: Client,
  schoolId: SchoolId,
  before: string | undefined,
  limit: number,
): Promise<StoredExport[]> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM exports WHERE school_id = ? AND due_at < ?
      ORDER BY due_at DESC LIMIT ?`,
    args: [schoolId, before ?? "9999", limit],
  });
  return rows.map(readExport);
}

function readExport(row: Row): StoredExport {
  const text = (value: unknown) => value === null ? null : String(value);
  return {
    id: String(row.id),
    schoolId: Number(row.school_id) as SchoolId,
    name: String(row.name),
    students: Number(row.students),
    dueAt: String(row.due_at),
    deliveredAt: text(row.delivered_at),
    downloadedAt: text(row.downloaded_at),
    receipt: row.downloaded_at === null ? null : {
      fingerprint: String(row.downloaded_fingerprint),
      address: String(row.downloaded_address),
    },
  };
}

export interface ExportRow {
  /** Its place in the file, from 1. */
  number: number;
  username: string;
  studentId: string | null;
  verifiedAt: string;
}

/**
 * The rows after a place in the file, in order. They come as one JSON text: a remote database wraps
 * each value of a row in an object of its own, which takes twice as long to read.
 */
export async function exportRows(
  database: Client,
  id: string,
  after: number,
  limit: number,
): Promise<ExportRow[]> {
  const { rows: [page] } = await database.execute({
    sql: `SELECT json_group_array(json_array(number, username, student_id, verified_at)) AS list
      FROM (SELECT number, username, student_id, verified_at FROM export_rows
        WHERE export_id = ? AND number > ? ORDER BY number LIMIT ?)`,
    args: [id, after, limit],
  });
  const list = JSON.parse(String(page!.list)) as [number, string, string | null, string][];
  return list
    .map(([number, username, studentId, verifiedAt]) => ({
      number,
      username,
      studentId,
      verifiedAt,
    }))
    .sort((a, b) => a.number - b.number);
}
