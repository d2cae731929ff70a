/** What happened to a student: which upload or person changed which column, from what, to what, when. */
import type { Client, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import { optionalColumns } from "./student-columns.ts";

export type HistoryKind = "added" | "changed" | "reverted" | "verified" | "withdrawn";

export interface HistoryEntry {
  at: string;
  /** Orders entries of one instant: of its kind the later one is greater. */
  id: number;
  kind: HistoryKind;
  /** The upload that did it, or that was reverted. */
  upload: { id: string; name: string } | null;
  /** The person who did it. */
  by: string | null;
  changes: { column: string; from: string | number | null; to: string | number | null }[];
}

const values = ["inactive_since", ...optionalColumns]
  .map((column) => `c.${column}, c.new_${column}`).join(", ");
const blanks = ["inactive_since", ...optionalColumns].map(() => "NULL, NULL").join(", ");

/** Newest first; one row more than the page has. */
export async function studentHistory(
  database: Client,
  schoolId: SchoolId,
  usernameKey: string,
  { limit, after }: Page<[string, string, number]>,
): Promise<HistoryEntry[]> {
  const [at, kind, id] = after ?? ["~", "~", 0];
  const { rows } = await database.execute({
    sql: `WITH student AS (SELECT ?1 AS school_id, ?2 AS username_key), entries AS (
        SELECT c.at, iif(c.is_revert, 'reverted', 'changed') AS kind, c.id AS id, c.upload_id,
          iif(c.is_revert, coalesce(c.reverted_by,
            (SELECT actor FROM reverts WHERE upload_id = c.upload_id)), NULL) AS by,
          ${values}
        FROM student CROSS JOIN student_changes AS c
          ON c.school_id = student.school_id AND c.username_key = student.username_key
        UNION ALL
        SELECT coalesce(u.completed_at, u.accepted_at), 'added', 0, u.id, NULL, ${blanks}
        FROM student CROSS JOIN students AS s
          ON s.school_id = student.school_id AND s.username_key = student.username_key
        CROSS JOIN uploads AS u ON u.id = ${addedBy}
        UNION ALL
        SELECT v.recorded_at, 'verified', v.id, NULL, v.reviewer, ${blanks}
        FROM student CROSS JOIN verifications AS v
          ON v.school_id = student.school_id AND v.username_key = student.username_key
        UNION ALL
        SELECT v.withdrawn_at, 'withdrawn', v.id, NULL, v.withdrawn_by, ${blanks}
        FROM student CROSS JOIN verifications AS v
          ON v.school_id = student.school_id AND v.username_key = student.username_key
        WHERE v.withdrawn_at IS NOT NULL)
      SELECT entries.*, uploads.name FROM entries LEFT JOIN uploads ON uploads.id = upload_id
      WHERE (entries.at, kind, entries.id) < (?3, ?4, ?5)
      ORDER BY entries.at DESC, kind DESC, entries.id DESC LIMIT ?6`,
    args: [schoolId, usernameKey, at, kind, id, limit + 1],
  });
  return rows.map(readEntry);
}

/** What stood before the first change; without changes, what stands. */
const addedBy = `iif(EXISTS (SELECT 1 FROM student_changes AS c
    WHERE c.school_id = s.school_id AND c.username_key = s.username_key),
  (SELECT previous FROM student_changes AS c
    WHERE c.school_id = s.school_id AND c.username_key = s.username_key ORDER BY c.id LIMIT 1),
  s.changed_by)`;

const names: Record<string, string> = {
  student_id: "StudentId",
  last_name: "LastName",
  first_name: "FirstName",
  telephone: "Telephone",
  dob: "Dob",
  requirement_group: "RequirementGroup",
  term: "Term",
  on_campus: "OnCampus",
};

function readEntry(row: Row): HistoryEntry {
  const value = (column: string) => row[column] as string | number | null;
  const uploadId = row["upload_id"] as string | null;
  return {
    at: row["at"] as string,
    id: Number(row["id"]),
    kind: row["kind"] as HistoryKind,
    upload: uploadId === null ? null : { id: uploadId, name: row["name"] as string ?? "" },
    by: row["by"] as string | null,
    changes: [
      ...statusChange(value("inactive_since"), value("new_inactive_since")),
      ...optionalColumns.filter((column) => value(column) !== value(`new_${column}`))
        .map((column) => ({
          column: names[column]!,
          from: value(column),
          to: value(`new_${column}`),
        })),
    ],
  };
}

function statusChange(
  before: string | number | null,
  after: string | number | null,
): HistoryEntry["changes"] {
  const status = (since: string | number | null) => since === null ? "active" : "inactive";
  return status(before) === status(after)
    ? []
    : [{ column: "Status", from: status(before), to: status(after) }];
}
