/**
 * What a slice of a roster reads and writes. All that one slice changes is one batch: its rows, its
 * problems and the offset of the next one.
 */
import type { Client, InStatement, InValue, Row as DatabaseRow } from "@libsql/client";
import type { UploadId, UploadState } from "../../shared/protocol.ts";
import type { Problem } from "../roster/problems.ts";
import type { Holder, Student } from "../roster/resolve.ts";
import { placementKey, type Row } from "../roster/row.ts";
import { SchoolSettings } from "../roster/settings.ts";
import * as v from "valibot";

/** An upload as the next slice needs it. */
export interface UploadProgress {
  id: UploadId;
  schoolId: number;
  state: UploadState;
  size: number;
  nextOffset: number;
  nextLine: number;
  insideLine: boolean;
  /** The header row is in an earlier slice. */
  hasHeader: boolean;
  read: number;
  rejected: number;
  unprocessed: number;
  deferred: number;
  settings: SchoolSettings;
  /** `group\nterm` of each pair on the school's list; `undefined` when it has none. */
  placements: Set<string> | undefined;
  /** What earlier slices left of their Usernames, in the order of the file. */
  seen: Uint8Array[];
}

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
    settings: v.parse(SchoolSettings, JSON.parse(row["settings"] as string)),
    placements: pairs.length > 0 ? new Set(pairs) : undefined,
    seen: slices!.rows.map((slice) => new Uint8Array(slice[0] as ArrayBuffer)),
  };
}

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

const studentColumns = [
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
