/** The check of an upload: on which terms it is taken, what it came to, who released it. */
import type { Client, InStatement, Row as DatabaseRow } from "@libsql/client";
import type { SchoolId, UploadId } from "../../../shared/protocol.ts";
import type { Release } from "../../roster/decision.ts";
import type { Crossed, Findings } from "../../roster/limits.ts";
import type { Terms } from "../../roster/terms.ts";

/** For the batch that announces an upload, after it: it begins with a check on these terms. */
export function beginCheck(id: UploadId, schoolId: SchoolId, terms: Terms): InStatement {
  return {
    sql: `INSERT INTO checks (upload_id, school_id, terms)
          SELECT id, school_id, ? FROM uploads
          WHERE id = ? AND school_id = ? AND pass = 'check' ON CONFLICT (upload_id) DO NOTHING`,
    args: [JSON.stringify(terms), id, schoolId],
  };
}

/** The terms in a row with the column `terms`; `undefined`: the upload has no check. */
export function termsIn(row: DatabaseRow): Terms | undefined {
  const terms = row["terms"] as string | null;
  return terms === null ? undefined : JSON.parse(terms) as Terms;
}

function releaseIn(row: DatabaseRow): Release | null {
  const release = row["release"] as string | null;
  return release === null ? null : JSON.parse(release);
}

/** What is known when an upload was checked to its end, and it has to be decided what becomes of it. */
export interface CheckEnd {
  id: UploadId;
  schoolId: SchoolId;
  terms: Terms;
  release: Release | null;
  findings: Findings;
  /** Rows beyond the limit, and rejected rows of which nobody can tell whose they are. */
  unprocessed: number;
  unnamed: number;
  /** What came after this file, which a pause held, and went before it. */
  overtakenBy: string | undefined;
}

/** Loads what an upload came to. One round trip. */
export async function loadCheckEnd(
  database: Client,
  id: UploadId,
  schoolId: SchoolId,
): Promise<CheckEnd> {
  const [checks, outcomes, active, before, headers, overtaking] = await database.batch([
    {
      sql: `SELECT k.terms, k.unnamed, k.release, r.read, r.rejected, r.unprocessed
            FROM checks AS k JOIN rosters AS r ON r.upload_id = k.upload_id WHERE k.upload_id = ?`,
      args: [id],
    },
    {
      sql: `SELECT outcome, count(*) AS students FROM checked_students
            WHERE upload_id = ? GROUP BY outcome`,
      args: [id],
    },
    {
      sql: "SELECT count(*) AS active FROM students WHERE school_id = ? AND inactive_since IS NULL",
      args: [schoolId],
    },
    {
      sql: `SELECT r.read + r.unprocessed AS rows FROM uploads AS u
              JOIN rosters AS r ON r.upload_id = u.id
            WHERE u.school_id = ? AND u.state = 'completed' AND u.pass = 'apply'
            ORDER BY u.accepted_at DESC, u.id DESC LIMIT 1`,
      args: [schoolId],
    },
    {
      sql: `SELECT 1 FROM problems WHERE upload_id = ? AND code = 'columns_out_of_order' LIMIT 1`,
      args: [id],
    },
    { sql: overtakingQuery, args: [id] },
  ], "read");
  const row = checks!.rows[0]!;
  const students = (outcome: string) =>
    Number(outcomes!.rows.find((one) => one["outcome"] === outcome)?.["students"] ?? 0);
  return {
    id,
    schoolId,
    terms: JSON.parse(row["terms"] as string),
    release: releaseIn(row),
    findings: {
      added: students("added"),
      changed: students("changed"),
      left: students("left"),
      returned: students("returned"),
      rows: Number(row["read"]) + Number(row["unprocessed"]),
      rejected: Number(row["rejected"]),
      active: Number(active!.rows[0]!["active"]),
      rowsBefore: before!.rows[0] ? Number(before!.rows[0]["rows"]) : null,
      headerOutOfOrder: headers!.rows.length > 0,
    },
    unprocessed: Number(row["unprocessed"]),
    unnamed: Number(row["unnamed"]),
    overtakenBy: nameIn(overtaking!.rows),
  };
}

/**
 * Of an upload that a pause held: the newest that came after it and was applied, be it in part, or is
 * under way to that.
 */
export const overtakingQuery = `SELECT later.name
  FROM checks AS held CROSS JOIN uploads AS u ON u.id = held.upload_id
    CROSS JOIN uploads AS later ON later.school_id = u.school_id
      AND (later.accepted_at, later.id) > (u.accepted_at, u.id)
    LEFT JOIN checks AS k ON k.upload_id = later.id
  WHERE held.upload_id = ? AND held.is_paused = 1 AND CASE later.pass
    WHEN 'check' THEN later.state IN ('accepted', 'checking') AND NOT k.terms ->> 'checkOnly'
    ELSE later.state IN ('accepted', 'processing', 'completed')
      OR later.next_offset > 0 AND later.state IN ('parked', 'discarded') END
  ORDER BY later.accepted_at DESC, later.id DESC LIMIT 1`;

/** @returns its name; `undefined`: there is none, or no pause held the upload */
export async function overtakenBy(database: Client, id: UploadId): Promise<string | undefined> {
  const { rows } = await database.execute({ sql: overtakingQuery, args: [id] });
  return nameIn(rows);
}

function nameIn([row]: DatabaseRow[]): string | undefined {
  return row && String(row["name"]);
}

/** With what the check of an upload began, if it has one, and the lane that it is in. */
export async function begunCheck(
  database: Client,
  id: UploadId,
): Promise<{ lane: string; terms: Terms | undefined; release: Release | null }> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT u.lane, k.terms, k.release
          FROM uploads AS u LEFT JOIN checks AS k ON k.upload_id = u.id WHERE u.id = ?`,
    args: [id],
  });
  return { lane: String(row!["lane"]), terms: termsIn(row!), release: releaseIn(row!) };
}

/** What a held upload shows. */
export interface Shown {
  findings: Findings;
  crossed: Crossed[];
  terms: Terms;
  isPaused: boolean;
}

/** `undefined`: it has no check, or that is not at its end. */
export async function shownOf(database: Client, id: string): Promise<Shown | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT findings, crossed, terms, is_paused FROM checks
          WHERE upload_id = ? AND findings IS NOT NULL`,
    args: [id],
  });
  return row && {
    findings: JSON.parse(row["findings"] as string),
    crossed: JSON.parse(row["crossed"] as string),
    terms: JSON.parse(row["terms"] as string),
    isPaused: Number(row["is_paused"]) === 1,
  };
}

export interface PausedUpload {
  id: UploadId;
  schoolId: SchoolId;
  name: string;
}

/** Schools of which a pause holds uploads, in the order of their ids. */
export async function pausedSchools(
  database: Client,
  after: number,
  limit: number,
): Promise<SchoolId[]> {
  const { rows } = await database.execute({
    sql: `SELECT DISTINCT school_id FROM checks WHERE is_paused = 1 AND school_id > ?
          ORDER BY school_id LIMIT ?`,
    args: [after, limit],
  });
  return rows.map((row) => Number(row["school_id"]) as SchoolId);
}

/** Uploads of a school that a pause alone holds, the newest first. */
export async function pausedUploads(
  database: Client,
  schoolId: SchoolId,
): Promise<PausedUpload[]> {
  const { rows } = await database.execute({
    sql: `SELECT u.id, u.school_id, u.name
          FROM checks AS k JOIN uploads AS u ON u.id = k.upload_id
          WHERE k.school_id = ? AND k.is_paused = 1 AND u.state = 'held'
          ORDER BY u.accepted_at DESC, u.id DESC`,
    args: [schoolId],
  });
  return rows.map((row) => ({
    id: row["id"] as UploadId,
    schoolId: Number(row["school_id"]) as SchoolId,
    name: row["name"] as string,
  }));
}
