/** The part of a revert that takes back the students whom the upload added (SPEC section 9, Undo). */
import type { Client, InStatement, InValue } from "@libsql/client";
import { begins, listed, moveOn, type Revert } from "./reverts.ts";

/** The last Username key of the next page of the school's students; `undefined`: there is none. */
export async function studentsUpTo(
  database: Client,
  { schoolId, reached }: Revert,
  limit: number,
): Promise<string | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT max(username_key) AS last FROM (SELECT username_key FROM students
        WHERE school_id = ? AND username_key > ? ORDER BY username_key LIMIT ?)`,
    args: [schoolId, reached, limit],
  });
  return row!["last"] as string | null ?? undefined;
}

/**
 * A page of the students whom the upload added: gone when nobody ever verified them, else inactive.
 * Without a `last` there is no page more.
 */
export function takeBackAdded(
  revert: Revert,
  last: string | undefined,
  at: string,
): InStatement[] {
  const { uploadId, schoolId, reached, actor } = revert;
  if (last === undefined) return [moveOn(revert, { phase: "ids", reached: "" })];
  const page =
    "students.school_id = ? AND students.username_key > ? AND students.username_key <= ?";
  const args = [schoolId, reached, last];
  const ofStudent = (table: string) =>
    `${table}.school_id = students.school_id AND ${table}.username_key = students.username_key`;
  const wasAdded = `NOT EXISTS (SELECT 1 FROM student_changes AS c WHERE ${ofStudent("c")}
    AND c.upload_id = ? AND ${begins("c")})`;
  const stands = `${page} AND students.changed_by = ? AND ${wasAdded}`;
  const isVerified = `EXISTS (SELECT 1 FROM verifications AS v WHERE ${ofStudent("v")})`;
  const doomed = `SELECT username_key FROM students WHERE ${stands} AND NOT ${isVerified}`;
  const remains = (why: string, where: string, more: InValue[]): InStatement => ({
    sql: `INSERT INTO revert_remains (upload_id, username_key, username, why, other)
      SELECT ?, students.username_key, students.username, ${why} FROM students WHERE ${where}
      ON CONFLICT DO NOTHING`,
    args: [uploadId, ...args, ...more],
  });
  const count = (what: string): InStatement => ({
    sql: `UPDATE reverts SET ${what} = ${what} + changes() WHERE upload_id = ?`,
    args: [uploadId],
  });
  const exportOf = `(SELECT max(v.export_id) FROM verifications AS v WHERE ${ofStudent("v")})`;
  return [
    moveOn(revert, { phase: "added", reached: last }),
    remains(
      `iif(${exportOf} IS NULL, 'verified', 'exported'), ${exportOf}`,
      `${stands} AND ${isVerified}`,
      [uploadId, uploadId],
    ),
    remains(
      "'changed_since', students.changed_by",
      `${page} AND students.changed_by IS NOT ? AND ? = (SELECT previous FROM student_changes AS c
        WHERE ${ofStudent("c")} ORDER BY c.id LIMIT 1)`,
      [uploadId, uploadId],
    ),
    {
      sql: `DELETE FROM student_changes WHERE school_id = ? AND username_key IN (${doomed})`,
      args: [schoolId, ...args, uploadId, uploadId],
    },
    {
      sql: `DELETE FROM students WHERE school_id = ? AND username_key IN (${doomed})`,
      args: [schoolId, ...args, uploadId, uploadId],
    },
    count("removed"),
    {
      sql: `INSERT INTO student_changes (school_id, username_key, upload_id, part, is_revert, at,
          reverted_by, previous, new_inactive_since, ${listed((column) => column)},
          ${listed((column) => `new_${column}`)})
        SELECT school_id, username_key, changed_by, -1, 1, ?, ?, changed_by, ?,
          ${listed((column) => column)}, ${listed((column) => column)}
        FROM students WHERE ${stands} AND inactive_since IS NULL`,
      args: [at, actor, at, ...args, uploadId, uploadId],
    },
    {
      sql: `UPDATE students SET inactive_since = ? WHERE ${stands} AND inactive_since IS NULL`,
      args: [at, ...args, uploadId, uploadId],
    },
    count("made_inactive"),
  ];
}
