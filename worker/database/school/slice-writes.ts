/**
 * What a slice of a roster writes. All that one slice changes is one batch: its rows, its problems and
 * the offset of the next one.
 */
import type { Client, InStatement } from "@libsql/client";
import type { KeptRecord, SliceChanges } from "../../roster/changes.ts";
import type { Problem } from "../../roster/problems.ts";
import type { Student } from "../../roster/student.ts";
import { studentColumns } from "./slice-reads.ts";

/** The slice was not the next one: it was applied before, or another one is due. */
export class StaleSlice extends Error {}

/** A StudentId of the slice is someone else's, or two of its rows want one. */
export class StudentIdCollision extends Error {}

/** Applies a slice whole, once. Throws `StaleSlice` or `StudentIdCollision`, having changed nothing. */
export async function writeSlice(database: Client, changes: SliceChanges): Promise<void> {
  try {
    await database.batch(sliceStatements(changes), "write");
  } catch (error) {
    const { message } = error as Error;
    if (/constraint failed: slices\./i.test(message)) throw new StaleSlice();
    if (/UNIQUE constraint failed: .*students\.student_id/i.test(message)) {
      throw new StudentIdCollision();
    }
    throw error;
  }
}

/** In the order they take effect; the claim is the first, so that nothing else is tried in vain. */
function sliceStatements(changes: SliceChanges): InStatement[] {
  return [
    claim(changes),
    ...students(changes),
    ...problems(changes),
    ...rejectedRecords(changes),
    ...deferredRows(changes),
    ...progress(changes),
  ];
}

/** NULL, and so a failure, unless the upload is where the slice starts. */
function claim({ upload: { id }, offset, seen }: SliceChanges): InStatement {
  return {
    sql: `INSERT INTO slices (upload_id, offset, seen) VALUES (?, (SELECT next_offset FROM uploads
          WHERE id = ? AND next_offset = ? AND state IN ('accepted', 'processing')), ?)`,
    args: [id, id, offset, seen],
  };
}

function students({ upload: { id, schoolId }, releases, students }: SliceChanges): InStatement[] {
  const statements: InStatement[] = [];
  if (releases.length > 0) {
    statements.push({
      sql: `UPDATE students SET student_id = NULL
            WHERE school_id = ? AND username_key IN (SELECT value FROM json_each(?))`,
      args: [schoolId, JSON.stringify(releases)],
    });
  }
  if (students.length === 0) return statements;
  const given = JSON.stringify(students.map(studentValues));
  return [
    ...statements,
    { sql: updateStudents, args: [given, schoolId] },
    { sql: "UPDATE uploads SET updated = updated + changes() WHERE id = ?", args: [id] },
    { sql: insertStudents, args: [schoolId, given] },
    { sql: "UPDATE uploads SET added = added + changes() WHERE id = ?", args: [id] },
  ];
}

function problems({ upload: { id }, problems }: SliceChanges): InStatement[] {
  if (problems.length === 0) return [];
  return [{ sql: insertProblems, args: [id, id, JSON.stringify(numbered(problems))] }];
}

function rejectedRecords(changes: SliceChanges): InStatement[] {
  const { upload: { id }, rejectedRecords, rejectedDeferred } = changes;
  const statements: InStatement[] = [];
  if (rejectedRecords.length > 0) {
    const [bytes, ranges] = packed(changes.bytes, changes.offset, rejectedRecords);
    statements.push({
      sql: `INSERT INTO rejected_records (upload_id, offset, bytes)
            SELECT ?, value ->> 0, substr(?, value ->> 1, value ->> 2) FROM json_each(?)`,
      args: [id, bytes, JSON.stringify(ranges)],
    });
  }
  if (rejectedDeferred.length > 0) {
    statements.push({
      sql: `INSERT INTO rejected_records (upload_id, offset, bytes)
            SELECT upload_id, offset, bytes FROM deferred_rows
            WHERE upload_id = ? AND line IN (SELECT value FROM json_each(?))`,
      args: [id, JSON.stringify(rejectedDeferred)],
    });
  }
  return statements;
}

function deferredRows({ upload: { id }, offset, bytes, deferred }: SliceChanges): InStatement[] {
  if (deferred.length === 0) return [];
  const [kept, ranges] = packed(bytes, offset, deferred.map(({ record }) => record));
  const rows = deferred.map(({ row }, index) => [
    ...ranges[index]!,
    row.line,
    row.usernameKey,
    row.studentId,
    JSON.stringify(row),
  ]);
  return [{
    sql: `INSERT INTO deferred_rows (upload_id, offset, bytes, line, username_key, student_id, row)
          SELECT ?, value ->> 0, substr(?, value ->> 1, value ->> 2), value ->> 3, value ->> 4,
            value ->> 5, value ->> 6
          FROM json_each(?)`,
    args: [id, kept, JSON.stringify(rows)],
  }];
}

/** Where the upload is afterwards, and what it came to so far. */
function progress(changes: SliceChanges): InStatement[] {
  const { upload: { id }, counted } = changes;
  const warnings = changes.problems.filter(({ severity }) => severity === "warning").length;
  const isDone = changes.completedAt !== null;
  const position: InStatement = {
    sql: `UPDATE uploads SET state = ?, completed_at = ?, next_offset = ?, next_line = ?,
            inside_line = ?, header = coalesce(?, header), read = read + ?, added = added + ?,
            updated = updated + ?, rejected = rejected + ?, warnings = warnings + ?,
            unprocessed = unprocessed + ?, deferred = CASE WHEN ? THEN 0 ELSE deferred + ? END
          WHERE id = ?`,
    args: [
      changes.state,
      changes.completedAt,
      changes.nextOffset,
      changes.nextLine,
      changes.insideLine ? 1 : 0,
      changes.header,
      changes.read,
      counted.added,
      counted.updated,
      changes.rejected + changes.rejectedDeferred.length,
      warnings,
      changes.unprocessed,
      isDone ? 1 : 0,
      changes.deferred.length,
      id,
    ],
  };
  const unchanged: InStatement = {
    sql: "UPDATE uploads SET unchanged = read - added - updated - rejected - deferred WHERE id = ?",
    args: [id],
  };
  if (!isDone) return [position, unchanged];
  return [
    { sql: "UPDATE slices SET seen = NULL WHERE upload_id = ?", args: [id] },
    { sql: "DELETE FROM deferred_rows WHERE upload_id = ?", args: [id] },
    position,
    unchanged,
  ];
}

/** A student's values in the order the statements below take them. */
function studentValues(student: Student): unknown[] {
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

const optionalColumns = studentColumns.slice(2);
const jsonColumns = studentColumns.map((column, index) => `value ->> ${index} AS ${column}`)
  .join(", ");

// A blank (null) value leaves what is stored; only rows that differ are written, and so counted.
const updateStudents = `
  WITH given AS MATERIALIZED (SELECT ${jsonColumns} FROM json_each(?))
  UPDATE students SET ${
  optionalColumns.map((column) => `${column} = coalesce(given.${column}, students.${column})`)
    .join(", ")
}
  FROM given
  WHERE students.school_id = ? AND students.username_key = given.username_key AND (${
  optionalColumns.map((column) =>
    `given.${column} IS NOT NULL AND given.${column} IS NOT students.${column}`
  ).join(" OR ")
})`;

const insertStudents = `
  INSERT INTO students (school_id, ${studentColumns.join(", ")})
  SELECT ?, ${studentColumns.map((_, index) => `value ->> ${index}`).join(", ")}
  FROM json_each(?) WHERE true
  ON CONFLICT (school_id, username_key) DO NOTHING`;

// A line that has problems already, from when its row was deferred, gets further numbers.
const insertProblems = `
  INSERT INTO problems (upload_id, line, number, username, column_name, severity, code, message)
  SELECT ?, value ->> 0,
    coalesce((SELECT max(number) + 1 FROM problems WHERE upload_id = ? AND line = value ->> 0), 0)
      + (value ->> 1),
    value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
  FROM json_each(?)`;

/** Each problem with its number among those of its line in this slice. */
function numbered(problems: readonly Problem[]): unknown[][] {
  const counts = new Map<number, number>();
  return problems.map(({ line, username, column, severity, code, message }) => {
    const number = counts.get(line) ?? 0;
    counts.set(line, number + 1);
    return [line, number, username, column, severity, code, message];
  });
}

/** The bytes of some records in one piece; of each its offset in the file, then its position (from 1) and length in the piece. */
function packed(
  bytes: Uint8Array,
  offset: number,
  records: readonly KeptRecord[],
): [Uint8Array, [number, number, number][]] {
  const length = records.reduce((sum, { start, end }) => sum + end - start, 0);
  const piece = new Uint8Array(length);
  let at = 0;
  const ranges = records.map(({ start, end }): [number, number, number] => {
    piece.set(bytes.subarray(start, end), at);
    at += end - start;
    return [offset + start, at - (end - start) + 1, end - start];
  });
  return [piece, ranges];
}
