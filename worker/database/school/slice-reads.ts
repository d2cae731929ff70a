/**
 * What is read before a slice of a roster is applied: how far the upload is, and, where StudentIds
 * collide, what is stored of its students.
 */
import type { Client, Row as DatabaseRow } from "@libsql/client";
import type { UploadId, UploadState } from "../../../shared/protocol.ts";
import type { UploadProgress } from "../../roster/changes.ts";
import { placementKey, type Row } from "../../roster/row.ts";
import { storedSettings } from "../../roster/settings.ts";
import type { Student } from "../../roster/student.ts";
import type { Holder } from "../../roster/student-id-claims.ts";

/** The columns of a student that a roster gives, in the order a slice writes them. */
export const studentColumns = [
  "username_key",
  "username",
  "student_id",
  "last_name",
  "first_name",
  "telephone",
  "dob",
  "requirement_group",
  "term",
  "on_campus",
];

/** Everything the next slice needs to know before it is read; `undefined`: no such upload. */
export async function loadProgress(
  database: Client,
  id: string,
): Promise<UploadProgress | undefined> {
  const [uploads, placements, slices] = await database.batch([
    {
      sql: `SELECT u.school_id, u.state, u.size, u.next_offset, u.next_line, u.inside_line,
              u.header IS NOT NULL AS has_header, u.read, u.rejected,
              u.unprocessed, u.deferred, s.settings
            FROM uploads u JOIN schools s ON s.id = u.school_id WHERE u.id = ?`,
      args: [id],
    },
    {
      sql: `SELECT requirement_group, term FROM placements
            WHERE school_id = (SELECT school_id FROM uploads WHERE id = ?)`,
      args: [id],
    },
    {
      sql: "SELECT seen FROM slices WHERE upload_id = ? AND seen IS NOT NULL ORDER BY offset",
      args: [id],
    },
  ], "read");
  const row = uploads?.rows[0];
  if (!row) return undefined;
  const pairs = placements!.rows.map((pair) => placementKey(pair[0] as string, pair[1] as string));
  return {
    id: id as UploadId,
    schoolId: Number(row["school_id"]),
    state: row["state"] as UploadState,
    size: Number(row["size"]),
    nextOffset: Number(row["next_offset"]),
    nextLine: Number(row["next_line"]),
    insideLine: Boolean(row["inside_line"]),
    hasHeader: Boolean(row["has_header"]),
    read: Number(row["read"]),
    rejected: Number(row["rejected"]),
    unprocessed: Number(row["unprocessed"]),
    deferred: Number(row["deferred"]),
    settings: storedSettings(row["settings"] as string),
    placements: pairs.length > 0 ? new Set(pairs) : undefined,
    seen: slices!.rows.map((slice) => new Uint8Array(slice[0] as ArrayBuffer)),
  };
}

/** What is stored of the students with these keys. */
export async function loadStudents(
  database: Client,
  schoolId: number,
  usernameKeys: readonly string[],
): Promise<Map<string, Student>> {
  const { rows } = await database.execute({
    sql: `SELECT ${studentColumns.join(", ")} FROM students
          WHERE school_id = ? AND username_key IN (SELECT value FROM json_each(?))`,
    args: [schoolId, JSON.stringify(usernameKeys)],
  });
  return new Map(rows.map((row) => [row["username_key"] as string, studentOf(row)]));
}

function studentOf(row: DatabaseRow): Student {
  return {
    usernameKey: row["username_key"] as string,
    username: row["username"] as string,
    studentId: row["student_id"] as string | null,
    lastName: row["last_name"] as string | null,
    firstName: row["first_name"] as string | null,
    telephone: row["telephone"] as string | null,
    dob: row["dob"] as string | null,
    requirementGroup: row["requirement_group"] as string | null,
    term: row["term"] as string | null,
    onCampus: row["on_campus"] as 0 | 1 | null,
  };
}

/** Who has these StudentIds. */
export async function loadHolders(
  database: Client,
  schoolId: number,
  studentIds: readonly string[],
): Promise<Map<string, Holder>> {
  const { rows } = await database.execute({
    sql: `SELECT student_id, username_key, username FROM students
          WHERE school_id = ? AND student_id IN (SELECT value FROM json_each(?))`,
    args: [schoolId, JSON.stringify(studentIds)],
  });
  return new Map(rows.map((row) => [
    row["student_id"] as string,
    { usernameKey: row["username_key"] as string, username: row["username"] as string },
  ]));
}

/** The rows of an upload that wait for the end of the file, in file order. */
export async function loadDeferred(database: Client, id: string): Promise<Row[]> {
  const { rows } = await database.execute({
    sql: "SELECT row FROM deferred_rows WHERE upload_id = ? ORDER BY line",
    args: [id],
  });
  return rows.map((row) => JSON.parse(row["row"] as string) as Row);
}
