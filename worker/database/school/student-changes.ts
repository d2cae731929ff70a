/**
 * What students were before an upload changed them and what they are after it: history and undo. It is
 * written in the batch of the change, and the change is made from it. An upload that adds a student
 * leaves nothing here but its id with the student. That a student left or returned is a change of its
 * own, which comes before those of the columns.
 */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { InStatement, InValue } from "@libsql/client";
import { optionalColumns, studentColumns } from "./student-columns.ts";

/** Whose change it is. */
export interface Cause {
  uploadId: string;
  /** The offset of the slice; the upload's size for what waited for its end; never less than before. */
  part: number;
  schoolId: SchoolId;
  /** ISO 8601 UTC. */
  at: string;
}

/** Students as a statement is given them: a query, and what it takes. */
export interface Given {
  sql: string;
  args: InValue[];
}

/** A stored student as the JSON of a row that gives the same. */
const asStored = `json_array(${studentColumns.map((column) => `students.${column}`).join(", ")})`;
/** What a column comes to: a blank value leaves what is stored. */
const valueAfter = (column: string) =>
  `coalesce(given.value ->> ${studentColumns.indexOf(column)}, students.${column})`;

const list = (text: (column: string) => string) => optionalColumns.map(text).join(", ");

/**
 * Notes which of the given students will differ, and how. Most often a row of a slice is as its student
 * is stored, to the letter: its values are not looked at one by one.
 *
 * @param given a query of `value`, JSON that begins with the values of `studentColumns`
 */
export function noteChanges({ sql, args }: Given, cause: Cause): InStatement {
  const { uploadId, part, schoolId, at } = cause;
  return {
    sql: `INSERT INTO student_changes (school_id, username_key, upload_id, part, at, previous,
        ${list((column) => column)}, ${list((column) => `new_${column}`)})
      SELECT students.school_id, students.username_key, ?, ?, ?, students.changed_by,
        ${list((column) => `students.${column}`)},
        ${list(valueAfter)}
      FROM (${sql}) AS given CROSS JOIN students
      WHERE students.school_id = ? AND students.username_key = given.value ->> 0
        AND given.value <> ${asStored} AND (${
      optionalColumns.map((column) => `${valueAfter(column)} IS NOT students.${column}`).join(
        " OR ",
      )
    })`,
    args: [uploadId, part, at, ...args, schoolId],
  };
}

/**
 * Notes that students leave or return, before they do.
 *
 * @param which a query of their keys
 * @param inactiveSince ISO 8601 UTC; `null`: they are active from now on
 */
export function noteStatus(
  { sql, args }: Given,
  inactiveSince: string | null,
  { uploadId, part, schoolId, at }: Cause,
): InStatement {
  return {
    sql: `INSERT INTO student_changes (school_id, username_key, upload_id, part, at, previous,
        inactive_since, new_inactive_since, ${list((column) => column)},
        ${list((column) => `new_${column}`)})
      WITH which AS MATERIALIZED (${sql})
      SELECT students.school_id, students.username_key, ?, ?, ?, students.changed_by,
        students.inactive_since, ?, ${list((column) => `students.${column}`)},
        ${list((column) => `students.${column}`)}
      FROM which CROSS JOIN students
      WHERE students.school_id = ? AND students.username_key = which.username_key`,
    args: [...args, uploadId, part, at, inactiveSince, schoolId],
  };
}

/** Of a change: the student left, or returned. */
export const isStatus = (change: string) =>
  `${change}.inactive_since IS NOT ${change}.new_inactive_since`;

/** Was it noted of this part, and of this student? */
const isOfPart = `noted.upload_id = ? AND noted.part = ?
  AND students.school_id = noted.school_id AND students.username_key = noted.username_key`;

/** Makes the changes of status that were noted of this part. */
export function makeStatus({ uploadId, part }: Cause): InStatement {
  return {
    sql: `UPDATE students SET changed_by = noted.upload_id,
        inactive_since = noted.new_inactive_since
      FROM student_changes AS noted WHERE ${isStatus("noted")} AND ${isOfPart}`,
    args: [uploadId, part],
  };
}

const otherStudentId = "noted.new_student_id IS NOT noted.student_id";

/** For a moment those whose StudentId changes with this part have none, so that others can take theirs. */
export function letGo({ uploadId, part }: Cause): InStatement {
  return {
    sql: `UPDATE students SET student_id = NULL FROM student_changes AS noted
      WHERE noted.student_id IS NOT NULL AND ${otherStudentId} AND ${isOfPart}`,
    args: [uploadId, part],
  };
}

/** Makes the changes that were noted of this part of those whose StudentId changes. */
export function makeIdChanges(cause: Cause): InStatement {
  return make(optionalColumns, otherStudentId, cause);
}

const otherColumns = optionalColumns.filter((column) => column !== "student_id");

/**
 * Makes those of all others, without the StudentId: to set it, even to what it is, is to write its
 * index.
 */
export function makeOtherChanges(cause: Cause): InStatement {
  return make(otherColumns, `NOT (${otherStudentId}) AND NOT (${isStatus("noted")})`, cause);
}

function make(columns: readonly string[], which: string, { uploadId, part }: Cause): InStatement {
  return {
    sql: `UPDATE students SET changed_by = noted.upload_id, ${
      columns.map((column) => `${column} = noted.new_${column}`).join(", ")
    }
      FROM student_changes AS noted WHERE ${which} AND ${isOfPart}`,
    args: [uploadId, part],
  };
}
