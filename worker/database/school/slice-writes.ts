/**
 * What a slice of a roster writes. All that one slice changes is one batch: its rows, its problems and
 * the offset of the next one.
 */
import type { Client, InStatement } from "@libsql/client";
import {
  type KeptRecord,
  LISTED_PROBLEMS,
  type SettledRows,
  type SliceChanges,
  type UploadProgress,
} from "../../roster/changes.ts";
import { layoutText } from "../../roster/layout.ts";
import type { Problem } from "../../roster/problems.ts";
import type { Student } from "../../roster/student.ts";
import {
  deferredStudents,
  deferredUsernames,
  deferRows,
  forgetDeferred,
  newDeferredStudents,
  packed,
  rejectDeferred,
} from "./deferred-rows.ts";
import { inPieces } from "../page.ts";
import { tellOfUpload } from "./occurrences.ts";
import {
  type Cause,
  type Given,
  letGo,
  makeIdChanges,
  makeOtherChanges,
  makeStatus,
  noteChanges,
  noteStatus,
} from "./student-changes.ts";
import { jsonColumns, studentColumns, studentPieces, studentValues } from "./student-columns.ts";

/** The slice was not the next one: it was applied before, or another one is due. */
export class StaleSlice extends Error {}

/** A StudentId of the slice is someone else's, or two of its rows want one. */
export class StudentIdCollision extends Error {}

/** Applies a slice whole, once. Throws `StaleSlice` or `StudentIdCollision`, having changed nothing. */
export async function writeSlice(database: Client, changes: SliceChanges): Promise<void> {
  await writeBatch(database, sliceStatements(changes));
}

export async function writeBatch(database: Client, statements: InStatement[]): Promise<void> {
  try {
    await database.batch(statements, "write");
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
  const { upload, offset, problems } = changes;
  return [
    claim(upload, offset, changes.seen),
    ...(offset === 0 ? [beginCounting(upload)] : []),
    ...returns(changes),
    ...students(changes),
    ...listedProblems(upload, problems),
    ...rejectedRecords(changes),
    ...deferRows(changes),
    position(changes),
    counts(changes),
    ...(changes.completedAt === null ? [] : forgotten(upload)),
    unchanged(upload),
    ...happened(changes),
  ];
}

/** NULL, and so a failure, unless the upload is where the slice starts. */
function claim({ id }: UploadProgress, offset: number, seen: Uint8Array | null): InStatement {
  return {
    sql: `INSERT INTO slices (upload_id, pass, offset, seen) VALUES (?, 'apply',
            (SELECT next_offset FROM uploads WHERE id = ? AND pass = 'apply' AND next_offset = ?
              AND state IN ('accepted', 'processing')), ?)`,
    args: [id, id, offset, seen],
  };
}

/** With the first slice, and anew when an upload that was checked begins to be applied. */
export function beginCounting({ id }: Pick<UploadProgress, "id">): InStatement {
  return {
    sql:
      "INSERT INTO rosters (upload_id, has_history) VALUES (?, 1) ON CONFLICT (upload_id) DO NOTHING",
    args: [id],
  };
}

/** Each of a JSON list, as `value`. */
function eachOf(list: string): Given {
  return { sql: "SELECT value FROM json_each(?)", args: [list] };
}

/** Inactive students who are named are active again. It costs next to nothing where there are none. */
function returns({ upload, offset, students, named, at }: SliceChanges): InStatement[] {
  const usernameKeys = named ?? students.map(({ usernameKey }) => usernameKey);
  if (usernameKeys.length === 0) return [];
  const { id: uploadId, schoolId } = upload;
  return returning(eachOf(JSON.stringify(usernameKeys)), { uploadId, schoolId, part: offset, at });
}

function returning(named: Given, cause: Cause): InStatement[] {
  // The + keeps the keys from leading: the index has only those who are inactive.
  const inactive = `SELECT username_key FROM students
    WHERE school_id = ? AND inactive_since IS NOT NULL AND +username_key IN (${named.sql})`;
  return [
    noteStatus({ sql: inactive, args: [cause.schoolId, ...named.args] }, null, cause),
    makeStatus(cause),
    {
      sql: `UPDATE rosters SET students_returned = students_returned + changes()
            WHERE upload_id = ?`,
      args: [cause.uploadId],
    },
  ];
}

function givenStudents(students: readonly Student[]): Given {
  return eachOf(JSON.stringify(students.map(studentValues)));
}

function students({ upload, offset, students, passOn, at }: SliceChanges): InStatement[] {
  if (students.length === 0) return [];
  const { id: uploadId, schoolId } = upload;
  return written([givenStudents(students)], passOn, { uploadId, schoolId, part: offset, at });
}

/**
 * Updates those that differ, and adds those that are new; counts both.
 *
 * @param passOn a StudentId that one lets go another may get
 * @param added has all who may be new
 */
function written(
  given: readonly Given[],
  passOn: boolean,
  cause: Cause,
  added: readonly Given[] = given,
): InStatement[] {
  const { uploadId: id } = cause;
  const count = (what: string) => ({
    sql: `UPDATE rosters SET ${what} = ${what} + changes() WHERE upload_id = ?`,
    args: [id],
  });
  return [
    ...given.map((students) => noteChanges(students, cause)),
    ...(passOn ? [letGo(cause)] : []),
    makeIdChanges(cause),
    count("updated"),
    makeOtherChanges(cause),
    count("updated"),
    ...added.flatMap((students) => [insertStudents(students, cause), count("added")]),
  ];
}

function insertStudents({ sql, args }: Given, { uploadId, schoolId }: Cause): InStatement {
  return {
    sql: `INSERT INTO students (school_id, changed_by, ${studentColumns.join(", ")})
      SELECT ?, ?, ${jsonColumns} FROM (${sql}) AS given
      WHERE NOT EXISTS (SELECT 1 FROM students AS there
        WHERE there.school_id = ? AND there.username_key = given.value ->> 0)
      ON CONFLICT (school_id, username_key) DO NOTHING`,
    args: [schoolId, uploadId, ...args, schoolId],
  };
}

/** So many problems are written by one statement: each has up to 254 characters of two Usernames. */
const PIECE = 1000;

/** Lists as many of the problems as there is room for. */
export function listedProblems(
  { id, problems: before }: UploadProgress,
  problems: readonly Problem[],
): InStatement[] {
  const listed = problems.slice(0, Math.max(0, LISTED_PROBLEMS - before));
  return inPieces(listed, PIECE).map((some) => ({
    sql: insertProblems,
    args: [id, id, JSON.stringify(numbered(some))],
  }));
}

export function rejectedRecords(
  { upload: { id }, offset, ...changes }: SliceChanges,
): InStatement[] {
  if (changes.rejectedRecords.length === 0) return [];
  const [bytes, ranges] = packed(changes.bytes, offset, joined(changes.rejectedRecords));
  return [{
    sql: `INSERT INTO rejected_records (upload_id, offset, bytes)
          SELECT ?, value ->> 0, substr(?, value ->> 1, value ->> 2) FROM json_each(?)`,
    args: [id, bytes, JSON.stringify(ranges)],
  }];
}

/** Records one after the other are kept as one, up to so many bytes: where all are rejected, they are many. */
const JOINED_BYTES = 16 * 1024;

function joined(records: readonly KeptRecord[]): KeptRecord[] {
  const pieces: KeptRecord[] = [];
  for (const { start, end } of records) {
    const last = pieces.at(-1);
    if (last?.end === start && end - last.start <= JOINED_BYTES) last.end = end;
    else pieces.push({ start, end });
  }
  return pieces;
}

/** Where the upload is afterwards. */
export function position(changes: SliceChanges): InStatement {
  const { upload: { id }, state, completedAt, nextOffset } = changes;
  return {
    sql: "UPDATE uploads SET state = ?, completed_at = ?, next_offset = ? WHERE id = ?",
    args: [state, completedAt, nextOffset, id],
  };
}

/** What it came to so far, and the line that the next slice starts on. */
export function counts(changes: SliceChanges): InStatement {
  const { upload: { id }, counted, problems, more } = changes;
  return {
    sql: `UPDATE rosters SET next_line = ?, inside_line = ?, header = coalesce(?, header),
            layout = coalesce(?, layout), read = read + ?, added = added + ?,
            updated = updated + ?, rejected = rejected + ?, warnings = warnings + ?,
            problems = problems + ?, unprocessed = unprocessed + ?, deferred = deferred + ?
          WHERE upload_id = ?`,
    args: [
      changes.nextLine,
      changes.insideLine ? 1 : 0,
      changes.header,
      layoutText(changes.layout),
      changes.read,
      counted.added,
      counted.updated,
      changes.rejected,
      problems.filter(({ severity }) => severity === "warning").length + more.warnings,
      problems.length + more.problems,
      changes.unprocessed,
      changes.deferred.length,
      id,
    ],
  };
}

/** What of this is told: each change of the state. What goes on may come to the same one again. */
export function happened({ upload, state, at }: SliceChanges): InStatement[] {
  const { id } = upload;
  if (state === upload.state || state === "accepted") return [];
  const goesOn = state === "checking" || state === "processing";
  return [
    tellOfUpload(`upload.${state}`, id, at, goesOn ? { once: `upload.${state}:${id}:${at}` } : {}),
  ];
}

export function unchanged({ id }: UploadProgress): InStatement {
  return {
    sql: `UPDATE rosters SET unchanged = read - added - updated - rejected - deferred
          WHERE upload_id = ?`,
    args: [id],
  };
}

/** What was kept for the slices to come, when none comes. */
export function forgotten({ id, terms }: UploadProgress): InStatement[] {
  return [
    ...(terms ? [{ sql: "DELETE FROM checked_students WHERE upload_id = ?", args: [id] }] : []),
    { sql: "DELETE FROM slices WHERE upload_id = ?", args: [id] },
    forgetDeferred({ id }),
  ];
}

/**
 * Applies the rows that waited for the end of the file, once, and completes the upload. Their values
 * stay in the database: they go from the rows that wait to the students.
 */
export async function writeSettled(database: Client, settled: SettledRows): Promise<void> {
  const { upload, failedLines } = settled;
  const { id, schoolId, size } = upload;
  const cause = { uploadId: id, schoolId, part: size, at: settled.completedAt };
  const together = studentPieces(settled.students).map(eachOf);
  await writeBatch(database, [
    // No slice starts at the end of the file, so this claim is the settlement's own.
    claim(upload, upload.size, null),
    ...rejectDeferred(settled),
    ...returning(deferredUsernames(settled), cause),
    ...written([...together, deferredStudents(settled)], true, cause, [
      ...together,
      newDeferredStudents(settled),
    ]),
    ...listedProblems(upload, settled.problems),
    {
      sql: `UPDATE rosters SET added = added + ?, updated = updated + ?, rejected = rejected + ?,
              problems = problems + ?, deferred = 0
            WHERE upload_id = ?`,
      args: [
        settled.counted.added,
        settled.counted.updated,
        failedLines.length,
        settled.problems.length,
        id,
      ],
    },
    unchanged(upload),
    ...(upload.isLeaving ? [forgetDeferred(upload)] : completed(upload, settled.completedAt)),
  ]);
}

function completed(upload: UploadProgress, at: string): InStatement[] {
  const { id } = upload;
  return [
    {
      sql: "UPDATE uploads SET state = 'completed', completed_at = ? WHERE id = ?",
      args: [at, id],
    },
    ...forgotten(upload),
    tellOfUpload("upload.completed", id, at),
  ];
}

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
