/**
 * What a slice of a roster writes. All that one slice changes is one batch: its rows, its problems and
 * the offset of the next one.
 */
import type { Client, InStatement, InValue } from "@libsql/client";
import type { UploadState } from "../../../shared/protocol.ts";
import type { Problem } from "../../roster/problems.ts";
import type { Student } from "../../roster/student-id-claims.ts";
import type { Row } from "../../roster/row.ts";
import { studentColumns, type UploadProgress } from "./slice-reads.ts";

/** Where a record that is kept byte for byte stands in the slice's bytes. */
export interface KeptRecord {
  start: number;
  end: number;
}

/** What a slice does. Everything is in one batch; counts are what it adds to the upload's. */
export interface SliceChanges {
  upload: UploadProgress;
  /** Where the slice starts; the batch fails when the upload is elsewhere. */
  offset: number;
  nextOffset: number;
  nextLine: number;
  insideLine: boolean;
  state: UploadState;
  /** ISO 8601 UTC, when the upload is done with this slice. */
  completedAt: string | null;
  /** The header's bytes, in the slice that has it. */
  header: Uint8Array | null;
  seen: Uint8Array | null;
  /** Students to write; the database counts what is added and updated. */
  students: readonly Student[];
  /** Usernames that let their StudentId go first. */
  releases: readonly string[];
  /** Counted beyond what the database counts: rows whose Username comes twice in the slice. */
  counted: { added: number; updated: number };
  read: number;
  unprocessed: number;
  problems: readonly Problem[];
  bytes: Uint8Array;
  rejected: number;
  /** The bytes of the rejected records; one that is too long is in several pieces. */
  rejectedRecords: readonly KeptRecord[];
  deferred: readonly { record: KeptRecord; row: Row }[];
  /** At the end of the file: the lines of deferred rows that are rejected; the rest was applied. */
  rejectedDeferred: readonly number[];
}

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

function sliceStatements(changes: SliceChanges): InStatement[] {
  const { upload, offset, counted } = changes;
  const { id, schoolId } = upload;
  const warnings = changes.problems.filter(({ severity }) => severity === "warning").length;
  const rejected = changes.rejected + changes.rejectedDeferred.length;
  const statements: InStatement[] = [
    // NULL, and so a failure, unless the upload is where the slice starts.
    {
      sql: `INSERT INTO slices (upload_id, offset, seen) VALUES (?, (SELECT next_offset FROM uploads
            WHERE id = ? AND next_offset = ? AND state IN ('accepted', 'processing')), ?)`,
      args: [id, id, offset, changes.seen],
    },
  ];
  const add = (sql: string, ...args: InValue[]) => statements.push({ sql, args });
  if (changes.releases.length > 0) {
    add(
      `UPDATE students SET student_id = NULL
       WHERE school_id = ? AND username_key IN (SELECT value FROM json_each(?))`,
      schoolId,
      JSON.stringify(changes.releases),
    );
  }
  if (changes.students.length > 0) {
    const students = JSON.stringify(changes.students.map(studentValues));
    add(updateStudents, students, schoolId);
    add("UPDATE uploads SET updated = updated + changes() WHERE id = ?", id);
    add(insertStudents, schoolId, students);
    add("UPDATE uploads SET added = added + changes() WHERE id = ?", id);
  }
  if (changes.problems.length > 0) {
    add(insertProblems, id, id, JSON.stringify(numbered(changes.problems)));
  }
  if (changes.rejectedRecords.length > 0) {
    const [bytes, ranges] = packed(changes.bytes, offset, changes.rejectedRecords);
    add(
      `INSERT INTO rejected_records (upload_id, offset, bytes)
       SELECT ?, value ->> 0, substr(?, value ->> 1, value ->> 2) FROM json_each(?)`,
      id,
      bytes,
      JSON.stringify(ranges),
    );
  }
  if (changes.deferred.length > 0) {
    const records = changes.deferred.map(({ record }) => record);
    const [bytes, ranges] = packed(changes.bytes, offset, records);
    const rows = changes.deferred.map(({ row }, index) => [
      ...ranges[index]!,
      row.line,
      row.usernameKey,
      row.studentId,
      JSON.stringify(row),
    ]);
    add(
      `INSERT INTO deferred_rows (upload_id, offset, bytes, line, username_key, student_id, row)
       SELECT ?, value ->> 0, substr(?, value ->> 1, value ->> 2), value ->> 3, value ->> 4,
         value ->> 5, value ->> 6
       FROM json_each(?)`,
      id,
      bytes,
      JSON.stringify(rows),
    );
  }
  if (changes.rejectedDeferred.length > 0) {
    add(
      `INSERT INTO rejected_records (upload_id, offset, bytes)
       SELECT upload_id, offset, bytes FROM deferred_rows
       WHERE upload_id = ? AND line IN (SELECT value FROM json_each(?))`,
      id,
      JSON.stringify(changes.rejectedDeferred),
    );
  }
  const isDone = changes.completedAt !== null;
  if (isDone) {
    add("UPDATE slices SET seen = NULL WHERE upload_id = ?", id);
    add("DELETE FROM deferred_rows WHERE upload_id = ?", id);
  }
  add(
    `UPDATE uploads SET state = ?, completed_at = ?, next_offset = ?, next_line = ?, inside_line = ?,
       header = coalesce(?, header), read = read + ?, added = added + ?, updated = updated + ?,
       rejected = rejected + ?, warnings = warnings + ?, unprocessed = unprocessed + ?,
       deferred = ${isDone ? "0" : "deferred + ?"}
     WHERE id = ?`,
    changes.state,
    changes.completedAt,
    changes.nextOffset,
    changes.nextLine,
    changes.insideLine ? 1 : 0,
    changes.header,
    changes.read,
    counted.added,
    counted.updated,
    rejected,
    warnings,
    changes.unprocessed,
    ...(isDone ? [] : [changes.deferred.length]),
    id,
  );
  add(
    "UPDATE uploads SET unchanged = read - added - updated - rejected - deferred WHERE id = ?",
    id,
  );
  return statements;
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
