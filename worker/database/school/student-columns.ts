/** The columns of a student that a roster gives, and how they go to the database and come back. */
import type { Row as DatabaseRow } from "@libsql/client";
import { optionalValues, type Student } from "../../roster/student.ts";
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

/** A student's values in the order of `studentColumns`. */
export function studentValues(student: Student): unknown[] {
  return [
    student.usernameKey,
    student.username,
    student.studentId,
    student.lastName,
    student.firstName,
    student.telephone,
    student.dob,
    student.requirementGroup,
    student.term,
    student.onCampus,
  ];
}

/** Those that may be blank. */
export const optionalColumns = studentColumns.slice(2);
/** For a statement that is given students as JSON, each as `studentValues` has it. */
export const jsonColumns = studentColumns.map((column, index) => `value ->> ${index} AS ${column}`)
  .join(", ");

/** The values of a row that waits, which is stored as the JSON of a `Row`. */
export const waitingColumns = ["usernameKey", "username", ...optionalValues]
  .map((value, index) => `row ->> '$.${value}' AS ${studentColumns[index]}`).join(", ");

export function studentsOf(rows: readonly DatabaseRow[]): Map<string, Student> {
  return new Map(rows.map((row) => [row["username_key"] as string, studentOf(row)]));
}

export function studentOf(row: Record<string, unknown>): Student {
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

export function holdersOf(rows: readonly DatabaseRow[]): Map<string, Holder> {
  return new Map(rows.map((row) => [
    row["student_id"] as string,
    { usernameKey: row["username_key"] as string, username: row["username"] as string },
  ]));
}
