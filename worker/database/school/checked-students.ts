/**
 * What the check pass of an upload finds: each student that it would add, change, bring back or make
 * inactive, as that student would be then. No student is touched. The rows are there while the upload
 * is checked, while it is held (they are its preview), and while what it decided is applied; they go in
 * the batch that decides or ends it.
 *
 * A later slice of the file is checked against what the earlier ones came to: a student is as its row
 * here says or, where there is none, as it is stored.
 */
import type { Client, InStatement, Row as DatabaseRow } from "@libsql/client";
import type { SettledRows, UploadProgress } from "../../roster/changes.ts";
import type { Row } from "../../roster/row.ts";
import { optionalValues, type Student } from "../../roster/student.ts";
import type { Page } from "../page.ts";
import { deferred, isNoneOf, LINE } from "./deferred-rows.ts";
import { type Standings, stored } from "./standings.ts";
import {
  jsonColumns,
  nameColumns,
  optionalColumns,
  studentColumns,
  studentIn,
  studentOf,
  studentPieces,
  studentValues,
  together,
} from "./student-columns.ts";

type Of = Pick<UploadProgress, "id" | "schoolId">;

/** A row that changes something. */
export interface Difference {
  row: Row;
  /** The stored student; `null`: it would be new. */
  before: Student | null;
}

/** Of rows that are read against the stored students, what they would change. */
export interface Comparison {
  differences: Difference[];
  /** A StudentId that a row wants may be someone else's: somebody has to look closer. */
  collides: boolean;
}

/** Is a column of `given`, which has the student whole, another one? */
const isOther = optionalColumns.map((column) => `given.${column} IS NOT s.${column}`).join(" OR ");
/** Does `given`, where a blank leaves what is there, change something? */
const changes = optionalColumns.map((column) =>
  `given.${column} IS NOT NULL AND given.${column} IS NOT s.${column}`
).join(" OR ");

const compare = `
  WITH given AS MATERIALIZED (SELECT key AS place, ${jsonColumns} FROM json_each(?1))
  SELECT given.place, ${studentColumns.map((column) => `s.${column}`).join(", ")},
    given.student_id IS NOT NULL AND given.student_id IS NOT s.student_id AND (
      EXISTS (SELECT 1 FROM students AS h WHERE h.school_id = ?2 AND h.student_id = given.student_id)
      OR EXISTS (SELECT 1 FROM checked_students AS c WHERE c.upload_id = ?3
        AND c.student_id = given.student_id AND c.username_key <> given.username_key)
    ) AS collides
  FROM given LEFT JOIN students AS s
    ON s.school_id = ?2 AND s.username_key = given.username_key
  WHERE s.username_key IS NULL OR (NOT ?4 AND (s.inactive_since IS NOT NULL OR ${changes}))`;

/**
 * Reads the rows of a slice against the stored students in one statement; it answers only with those
 * that change something. For rows of which no Username came before.
 *
 * @param additionsOnly rows of students who are there change nothing
 */
export async function compareRows(
  database: Client,
  { id, schoolId }: Of,
  rows: readonly Row[],
  additionsOnly: boolean,
): Promise<Comparison> {
  const found = await database.execute({
    sql: compare,
    args: [JSON.stringify(rows.map(studentValues)), schoolId, id, additionsOnly ? 1 : 0],
  });
  return {
    differences: found.rows.map((row) => ({
      row: rows[Number(row["place"])]!,
      before: row["username_key"] === null ? null : studentOf(row),
    })),
    collides: found.rows.some((row) => Number(row["collides"]) === 1),
  };
}

/** For the batch of a slice: what these students would be, in place of what was known before. */
export function stage({ id, schoolId }: Of, students: readonly Student[]): InStatement[] {
  if (students.length === 0) return [];
  return [{
    sql: stageFrom(`SELECT ${jsonColumns} FROM json_each(?3)`),
    args: [id, schoolId, JSON.stringify(students.map(studentValues))],
  }];
}

/** For the batch that settles the rows which waited for the end of the file: counts and stages them. */
export function stageWaiting(
  { upload, failedLines, severalRows, students }: SettledRows,
): InStatement[] {
  const { id, schoolId } = upload;
  const several = JSON.stringify(severalRows);
  const together = studentPieces(students);
  const args = [id, schoolId, JSON.stringify(failedLines), several, ...together];
  const soFar = (column: string) =>
    `CASE WHEN c.username_key IS NULL THEN s.${column} ELSE c.${column} END`;
  const from = `FROM (SELECT ${jsonColumns} FROM ${deferred}
      WHERE upload_id = ?1 AND ${isNoneOf(LINE, "?3")} AND ${isNoneOf(0, "?4")}
      ${
    together.map((_, i) => `UNION ALL SELECT ${jsonColumns} FROM json_each(?${5 + i})`).join(" ")
  }) AS w
    LEFT JOIN students AS s ON s.school_id = ?2 AND s.username_key = w.username_key
    LEFT JOIN checked_students AS c ON c.upload_id = ?1 AND c.username_key = w.username_key`;
  const isNew = "s.username_key IS NULL AND c.username_key IS NULL";
  const isChange = optionalColumns.map((column) =>
    `w.${column} IS NOT NULL AND w.${column} IS NOT ${soFar(column)}`
  ).join(" OR ");
  const after = optionalColumns.map((column) =>
    `coalesce(w.${column}, ${soFar(column)}) AS ${column}`
  ).join(", ");
  return [
    {
      sql: `UPDATE rosters SET added = added + (SELECT count(*) ${from} WHERE ${isNew}),
              updated = updated + (SELECT count(*) ${from} WHERE NOT (${isNew}) AND (${isChange}))
            WHERE upload_id = ?1`,
      args,
    },
    {
      sql: stageFrom(`SELECT w.username_key, coalesce(c.username, w.username) AS username, ${after}
        ${from}`),
      args,
    },
  ];
}

/** ?1 is the upload, ?2 the school. */
function stageFrom(given: string): string {
  return `WITH given AS MATERIALIZED (${given})
    INSERT OR REPLACE INTO checked_students
      (upload_id, outcome, before, ${studentColumns.join(", ")})
    SELECT ?1,
      CASE WHEN s.username_key IS NULL THEN 'added' WHEN s.inactive_since IS NOT NULL THEN 'returned'
        WHEN ${isOther} THEN 'changed' ELSE 'unchanged' END,
      CASE WHEN s.username_key IS NOT NULL
        THEN json_array(${studentColumns.map((column) => `s.${column}`).join(", ")}) END,
      given.username_key, coalesce(s.username, given.username), ${
    optionalColumns.map((column) => `given.${column}`).join(", ")
  }
    FROM given LEFT JOIN students AS s
      ON s.school_id = ?2 AND s.username_key = given.username_key WHERE true`;
}

/** A student's StudentId is not the stored one any more: the file gives another. */
const isMoved = `EXISTS (SELECT 1 FROM checked_students AS moved WHERE moved.upload_id = ?1
  AND moved.username_key = students.username_key AND moved.student_id IS NOT students.student_id)`;

/** Students with the keys ?3 as the file so far leaves them: ?1 the upload, ?2 the school. */
function soFar(columns: readonly string[]): string {
  return `SELECT ${columns.join(", ")} FROM checked_students
      WHERE upload_id = ?1 AND username_key IN (SELECT value FROM json_each(?3))
    UNION ALL
    SELECT ${columns.join(", ")} FROM students
      WHERE school_id = ?2 AND username_key IN (SELECT value FROM json_each(?3))
        AND NOT EXISTS (SELECT 1 FROM checked_students AS c
          WHERE c.upload_id = ?1 AND c.username_key = students.username_key)`;
}

/** The students as the file so far leaves them. */
export const standingsSoFar: Standings = {
  studentIdOf: (usernameKey) =>
    `coalesce((SELECT student_id FROM checked_students
        WHERE upload_id = ?1 AND username_key = ${usernameKey}), ${
      stored.studentIdOf(usernameKey)
    })`,
  holders: (columns) =>
    `SELECT ${columns} FROM students WHERE school_id = ?2
      AND student_id IN (SELECT value FROM json_each(?3)) AND NOT ${isMoved}
    UNION ALL
    SELECT ${columns} FROM checked_students
      WHERE upload_id = ?1 AND student_id IN (SELECT value FROM json_each(?3))`,
  students: together(studentColumns, soFar(studentColumns)),
  names: together(nameColumns, soFar(nameColumns)),
};

/** Of students with some keys, who is stored, and who of them is inactive. */
export async function keysStored(
  database: Client,
  { schoolId }: Of,
  usernameKeys: readonly string[],
): Promise<{ stored: Set<string>; inactive: Set<string> }> {
  const { rows } = await database.execute({
    sql: `SELECT username_key, inactive_since IS NOT NULL AS is_inactive FROM students
          WHERE school_id = ? AND username_key IN (SELECT value FROM json_each(?))`,
    args: [schoolId, JSON.stringify(usernameKeys)],
  });
  const keysOf = (rows: readonly DatabaseRow[]) =>
    new Set(rows.map((row) => row["username_key"] as string));
  return {
    stored: keysOf(rows),
    inactive: keysOf(rows.filter((row) => Number(row["is_inactive"]) === 1)),
  };
}

/** Which of these students were there before the file, whatever it added so far. */
export async function keysThereBefore(
  database: Client,
  { id, schoolId }: Of,
  usernameKeys: readonly string[],
): Promise<Set<string>> {
  const { rows } = await database.execute({
    sql: `SELECT username_key FROM students
          WHERE school_id = ?2 AND username_key IN (SELECT value FROM json_each(?3))
            AND NOT EXISTS (SELECT 1 FROM checked_students AS c WHERE c.upload_id = ?1
              AND c.username_key = students.username_key AND c.outcome = 'added')`,
    args: [id, schoolId, JSON.stringify(usernameKeys)],
  });
  return new Set(rows.map((row) => row["username_key"] as string));
}

/** What a checked upload would make of a student. */
export const outcomes = ["added", "changed", "left", "returned"] as const;
export type Outcome = (typeof outcomes)[number];

export interface PreviewedStudent {
  usernameKey: string;
  username: string;
  outcome: Outcome;
  /** Of a student who is there, what would be another: columns as `Student` has them. */
  changes: { column: keyof Student; from: unknown; to: unknown }[];
}

const some = outcomes.map((outcome) => `'${outcome}'`).join(", ");

/** In order of the Username; one row more than the page has. */
export async function previewedStudents(
  database: Client,
  id: string,
  { limit, after }: Page<[string]>,
  outcome?: Outcome,
): Promise<PreviewedStudent[]> {
  const { rows } = await database.execute({
    sql: `SELECT outcome, before, ${studentColumns.join(", ")} FROM checked_students
          WHERE upload_id = ? AND username_key > ?
            AND outcome ${outcome ? "= ?" : `IN (${some})`}
          ORDER BY username_key LIMIT ?`,
    args: [id, after?.[0] ?? "", ...(outcome ? [outcome] : []), limit + 1],
  });
  return rows.map((row) => {
    const student = studentOf(row);
    const { usernameKey, username } = student;
    const outcome = row["outcome"] as Outcome;
    return { usernameKey, username, outcome, changes: changesIn(row, student) };
  });
}

function changesIn(row: DatabaseRow, after: Student): PreviewedStudent["changes"] {
  if (row["before"] === null) return [];
  const before = studentIn(JSON.parse(row["before"] as string) as unknown[]);
  return optionalValues.filter((value) => before[value] !== after[value])
    .map((column) => ({ column, from: before[column], to: after[column] }));
}
