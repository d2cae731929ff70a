/** Students as administrators see them. */
import type { Client, Row as DatabaseRow } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import { joinStanding } from "./verifications.ts";
import { usernameKey } from "../../roster/values/username.ts";

/** A student with what stands of the verification. */
export interface ListedStudent {
  username: string;
  studentId: string | null;
  lastName: string | null;
  firstName: string | null;
  /** E.164. */
  telephone: string | null;
  /** `YYYY-MM-DD`. */
  dob: string | null;
  requirementGroup: string | null;
  term: string | null;
  /** `null` only where the school does not require it. */
  onCampus: boolean | null;
  /** ISO 8601 UTC; `null` when the student is not verified. */
  verifiedAt: string | null;
  verifiedBy: string | null;
  /** The export that the verification is in. */
  exportId: string | null;
  /** `inactive`: a snapshot did not name the student. */
  status: StudentStatus;
}

export const studentStatuses = ["active", "inactive"] as const;
export type StudentStatus = (typeof studentStatuses)[number];

const query = `SELECT students.username, students.student_id, students.last_name,
    students.first_name, students.telephone, students.dob, students.requirement_group,
    students.term, students.on_campus, students.inactive_since, standing.verified_at,
    standing.reviewer, standing.export_id
  FROM students ${joinStanding}`;

const conditions: Record<StudentStatus, string> = {
  active: "AND students.inactive_since IS NULL",
  inactive: "AND students.inactive_since IS NOT NULL",
};

const hasWord =
  `AND (students.username_key LIKE ? ESCAPE '\\' OR students.student_id LIKE ? ESCAPE '\\'
  OR students.last_name LIKE ? ESCAPE '\\' OR students.first_name LIKE ? ESCAPE '\\')`;

/** Which students are wanted; all that is given must hold. */
export interface StudentsWanted {
  search?: string | undefined;
  /** Only those who are verified, or are not. */
  isVerified?: boolean | undefined;
  status?: StudentStatus | undefined;
}

/** `%` and `_` stand for themselves. */
function likeText(word: string): string {
  return `%${word.replace(/[\\%_]/g, "\\$&")}%`;
}

/**
 * In order of the Username; one row more than the page has.
 *
 * @param wanted `search`: words that must each be part of the Username, StudentId, last or first name; the
 *   letter case of a to z does not matter. It looks at every student of the school.
 */
export async function listStudents(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string]>,
  { search, isVerified, status }: StudentsWanted = {},
): Promise<ListedStudent[]> {
  const words = search?.trim().split(/\s+/).filter(Boolean) ?? [];
  const { rows } = await database.execute({
    sql: `${query} WHERE students.school_id = ? AND students.username_key > ?
          ${status ? conditions[status] : ""}
          ${words.map(() => hasWord).join(" ")}
          ${
      isVerified === undefined ? "" : `AND standing.id IS ${isVerified ? "NOT NULL" : "NULL"}`
    }
          ORDER BY students.username_key LIMIT ?`,
    args: [
      schoolId,
      after?.[0] ?? "",
      ...words.flatMap((word) => [
        likeText(usernameKey(word)),
        ...Array<string>(3).fill(likeText(word)),
      ]),
      limit + 1,
    ],
  });
  return rows.map(readStudent);
}

/** Letter case does not matter. */
export async function studentByUsername(
  database: Client,
  schoolId: SchoolId,
  username: string,
): Promise<ListedStudent | undefined> {
  const { rows } = await database.execute({
    sql: `${query} WHERE students.school_id = ? AND students.username_key = ?`,
    args: [schoolId, usernameKey(username.trim())],
  });
  return rows[0] && readStudent(rows[0]);
}

function readStudent(row: DatabaseRow): ListedStudent {
  const text = (column: string) => row[column] as string | null;
  return {
    username: row["username"] as string,
    studentId: text("student_id"),
    lastName: text("last_name"),
    firstName: text("first_name"),
    telephone: text("telephone"),
    dob: text("dob"),
    requirementGroup: text("requirement_group"),
    term: text("term"),
    onCampus: row["on_campus"] === null ? null : Number(row["on_campus"]) === 1,
    verifiedAt: text("verified_at"),
    verifiedBy: text("reviewer"),
    exportId: text("export_id"),
    status: row["inactive_since"] === null ? "active" : "inactive",
  };
}
