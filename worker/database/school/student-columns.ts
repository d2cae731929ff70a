/** The columns of a student that a roster gives, and how they go to the database and come back. */
import type { ResultSet } from "@libsql/client";
import type { Student } from "../../roster/student.ts";
import { inPieces } from "../page.ts";

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

/** So many students are written as one value: with the longest values and letters within its limit. */
const PIECE = 800;

/** Students as statements are given them, as JSON in pieces. */
export function studentPieces(students: readonly Student[]): string[] {
  return inPieces(students, PIECE).map((some) => JSON.stringify(some.map(studentValues)));
}

/** Those that may be blank. */
export const optionalColumns = studentColumns.slice(2);
/** For a statement that is given students as JSON, each as `studentValues` has it. */
export const jsonColumns = studentColumns.map((column, index) => `value ->> ${index} AS ${column}`)
  .join(", ");

/**
 * Rows of a query as one JSON text: of many small rows, the client's work costs more than the database's.
 */
export function together(columns: readonly string[], query: string): string {
  return `SELECT json_group_array(json_array(${columns.join(", ")})) AS together FROM (${query})`;
}

/** What a query that was asked `together` found. */
export function listOf({ rows: [row] }: ResultSet): unknown[] {
  return JSON.parse(row!["together"] as string) as unknown[];
}

/** ?2 the school, ?3 the keys; ?1, the upload, is for queries of the same shape. */
export const studentsByKey = together(
  studentColumns,
  `SELECT ${studentColumns.join(", ")} FROM students
    WHERE school_id = ?2 AND username_key IN (SELECT value FROM json_each(?3))`,
);

/** By Username key, of `studentColumns` asked `together`. */
export function studentsOf(result: ResultSet): Map<string, Student> {
  const students = listOf(result) as unknown[][];
  return new Map(students.map((values) => [values[0] as string, studentIn(values)]));
}

/** A student from its values in the order of `studentColumns`. */
export function studentIn(values: readonly unknown[]): Student {
  const text = (place: number) => values[place] as string | null;
  return {
    usernameKey: values[0] as string,
    username: values[1] as string,
    studentId: text(2),
    lastName: text(3),
    firstName: text(4),
    telephone: text(5),
    dob: text(6),
    requirementGroup: text(7),
    term: text(8),
    onCampus: values[9] as 0 | 1 | null,
  };
}

/** A student from a row that has `studentColumns`. */
export function studentOf(row: Record<string, unknown>): Student {
  return studentIn(studentColumns.map((column) => row[column]));
}

export const nameColumns = ["username_key", "username"];

/** Only how students are called: parameters as in `studentsByKey`. */
export const namesByKey = together(
  nameColumns,
  `SELECT ${nameColumns.join(", ")} FROM students
    WHERE school_id = ?2 AND username_key IN (SELECT value FROM json_each(?3))`,
);
