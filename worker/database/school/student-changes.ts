/**
 * What students were before an upload changed them and what they are after it: history and undo. It is
 * written in the batch of the change, and the change is made from it. An upload that adds a student
 * leaves nothing here but its id with the student.
 */
import type { InStatement, InValue } from "@libsql/client";
import { optionalColumns } from "./student-columns.ts";

/** Whose change it is. */
export interface Cause {
  uploadId: string;
  /** The offset of the slice; the upload's size for what waited for its end. */
  part: number;
  schoolId: number;
  /** ISO 8601 UTC. */
  at: string;
}

/** Students as a statement is given them: a query of `studentColumns`, and what it takes. */
export interface Given {
  sql: string;
  args: InValue[];
}

const list = (text: (column: string) => string) => optionalColumns.map(text).join(", ");

/** Notes which of the given students will differ, and how. A blank value leaves what is stored. */
export function noteChanges({ sql, args }: Given, cause: Cause): InStatement {
  const { uploadId, part, schoolId, at } = cause;
  return {
    sql: `INSERT INTO student_changes (school_id, username_key, upload_id, part, at, previous,
        ${list((column) => column)}, ${list((column) => `new_${column}`)})
      WITH given AS MATERIALIZED (${sql})
      SELECT students.school_id, students.username_key, ?, ?, ?, students.changed_by,
        ${list((column) => `students.${column}`)},
        ${list((column) => `coalesce(given.${column}, students.${column})`)}
      FROM given CROSS JOIN students
      WHERE students.school_id = ? AND students.username_key = given.username_key AND (${
      optionalColumns.map((column) =>
        `given.${column} IS NOT NULL AND given.${column} IS NOT students.${column}`
      ).join(" OR ")
    })`,
    args: [...args, uploadId, part, at, schoolId],
  };
}

/** Makes the changes that were noted. */
export function makeChanges({ uploadId, part }: Cause): InStatement {
  return {
    sql: `UPDATE students SET changed_by = noted.upload_id,
        ${list((column) => `${column} = noted.new_${column}`)}
      FROM student_changes AS noted
      WHERE noted.upload_id = ? AND noted.part = ? AND students.school_id = noted.school_id
        AND students.username_key = noted.username_key`,
    args: [uploadId, part],
  };
}
