/**
 * The rows of an upload that wait for its end: one row of the database for each slice that has some.
 * Their values stay there until they are settled; a later slice asks only who and which StudentIds
 * wait.
 */
import type { Client, InStatement, ResultSet } from "@libsql/client";
import type {
  KeptRecord,
  SettledRows,
  SliceChanges,
  UploadProgress,
} from "../../roster/changes.ts";
import { textHash } from "../../roster/repeated.ts";
import type { Row } from "../../roster/row.ts";
import type { Student } from "../../roster/student.ts";
import type { Holder, Waiting, WaitingClaim } from "../../roster/student-id-claims.ts";
import {
  holdersById,
  holdersOf,
  jsonColumns,
  namesByKey,
  namesOf,
  studentColumns,
  studentIn,
  studentsByKey,
  studentsOf,
  studentValues,
} from "./student-columns.ts";
import type { Given } from "./student-changes.ts";

type Of = Pick<UploadProgress, "id" | "schoolId">;

/** Where the line of a row stands after its values; then its record's offset, position and length. */
export const LINE = studentColumns.length;
const OFFSET = LINE + 1;
const POSITION = LINE + 2;
const LENGTH = LINE + 3;

/** For the batch of a slice. */
export function deferRows(
  { upload: { id }, offset, bytes, deferred }: SliceChanges,
): InStatement[] {
  if (deferred.length === 0) return [];
  const [kept, ranges] = packed(bytes, offset, deferred.map(({ record }) => record));
  const rows = deferred.map(({ row }, at) => [...studentValues(row), row.line, ...ranges[at]!]);
  const usernames = deferred.map(({ row }) => textHash(row.usernameKey));
  const studentIds = deferred.flatMap(({ row: { studentId } }) =>
    studentId === null ? [] : textHash(studentId)
  );
  const claims = deferred.map((
    { row },
  ) => [row.line, row.usernameKey, row.username, row.studentId]);
  return [{
    sql: `INSERT INTO deferred_rows (upload_id, offset, rows, claims, usernames, student_ids, bytes)
          VALUES (?, ?, ?, ?, ?, ?, ?)`,
    args: [
      id,
      offset,
      JSON.stringify(rows),
      JSON.stringify(claims),
      new Uint8Array(new Float64Array(usernames).buffer),
      new Uint8Array(new Float64Array(studentIds).buffer),
      kept,
    ],
  }];
}

/** The bytes of some records in one piece; of each its offset in the file, then its position (from 1) and length in the piece. */
export function packed(
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

/** What rows of earlier slices wait with: 16 bytes a row. */
export function waitingAlready(id: string): InStatement {
  return {
    sql: `SELECT usernames, student_ids, CASE WHEN usernames IS NULL THEN claims END AS claims
          FROM deferred_rows WHERE upload_id = ?`,
    args: [id],
  };
}

/**
 * Which of the Usernames and StudentIds of rows earlier ones wait with, as `waitingAlready` answers. Two
 * with one hash are as good as impossible by chance, and would cost a wait, never a row.
 */
export function waitingIn(slices: ResultSet, rows: readonly Row[]): Waiting {
  const waiting: Waiting = { usernames: new Set(), studentIds: new Set() };
  if (slices.rows.length === 0) return waiting;
  const byHash = (texts: string[]) => new Map(texts.map((text) => [textHash(text), text]));
  const usernames = byHash(rows.map(({ usernameKey }) => usernameKey));
  const studentIds = byHash(rows.flatMap(({ studentId }) => studentId ?? []));
  const find = (hashes: Iterable<number>, named: Map<number, string>, found: Set<string>) => {
    for (const hash of hashes) {
      const text = named.get(hash);
      if (text !== undefined) found.add(text);
    }
  };
  for (const slice of slices.rows) {
    const claims = slice["claims"] === null ? [] : claimsIn(slice["claims"]);
    const hashes = (column: string) =>
      slice[column] === null ? [] : new Float64Array((slice[column] as ArrayBuffer).slice(0));
    find(hashes("usernames"), usernames, waiting.usernames);
    find(hashes("student_ids"), studentIds, waiting.studentIds);
    for (const { usernameKey, studentId } of claims) {
      waiting.usernames.add(usernameKey);
      if (studentId !== null) waiting.studentIds.add(studentId);
    }
  }
  return waiting;
}

function claimsIn(claims: unknown): WaitingClaim[] {
  const all = JSON.parse(claims as string) as [number, string, string, string | null][];
  return all.map(([line, usernameKey, username, studentId]) => ({
    line,
    usernameKey,
    username,
    studentId,
  }));
}

/** The rows that wait: `value` is each, and `upload_id` selects. */
export const deferred = "deferred_rows CROSS JOIN json_each(deferred_rows.rows)";
/** Is a value of the row none of those that a parameter has as JSON? */
export const isNoneOf = (place: number, parameter: string) =>
  `value ->> ${place} NOT IN (SELECT value FROM json_each(${parameter}))`;

/** The rows that hold and are the only one of their student, as that student. */
export function deferredStudents({ upload, failedLines, severalRows }: SettledRows): Given {
  return {
    sql: `SELECT ${jsonColumns} FROM ${deferred}
      WHERE upload_id = ? AND ${isNoneOf(LINE, "?")} AND ${isNoneOf(0, "?")}`,
    args: [upload.id, JSON.stringify(failedLines), JSON.stringify(severalRows)],
  };
}

/** Those of them that are new: of the others, who are mostly all, no value but the key is looked at. */
export function newDeferredStudents(settled: SettledRows): Given {
  const { sql, args } = deferredStudents(settled);
  return {
    sql: `${sql} AND NOT EXISTS (SELECT 1 FROM students
        WHERE school_id = ? AND students.username_key = value ->> 0)`,
    args: [...args, settled.upload.schoolId],
  };
}

/** Whom the rows that hold are about. */
export function deferredUsernames({ upload, failedLines }: SettledRows): Given {
  return {
    sql: `SELECT value ->> 0 AS username_key FROM ${deferred}
      WHERE upload_id = ? AND ${isNoneOf(LINE, "?")}`,
    args: [upload.id, JSON.stringify(failedLines)],
  };
}

/** The records of rows that fail are kept as those of other rejected rows are. */
export function rejectDeferred({ upload, failedLines }: SettledRows): InStatement[] {
  if (failedLines.length === 0) return [];
  return [{
    sql: `INSERT INTO rejected_records (upload_id, offset, bytes)
          SELECT upload_id, value ->> ${OFFSET},
            substr(bytes, value ->> ${POSITION}, value ->> ${LENGTH})
          FROM ${deferred}
          WHERE upload_id = ? AND value ->> ${LINE} IN (SELECT value FROM json_each(?))`,
    args: [upload.id, JSON.stringify(failedLines)],
  }];
}

export function forgetDeferred({ id }: Pick<Of, "id">): InStatement {
  return { sql: "DELETE FROM deferred_rows WHERE upload_id = ?", args: [id] };
}

/** What the rows of an upload that wait for its end want, and what is stored of it. */
export interface WaitingRows {
  /** In the order of the file. */
  claims: WaitingClaim[];
  /** By Username key. */
  before: Map<string, Pick<Student, "username" | "studentId">>;
  /** By StudentId. */
  holders: Map<string, Holder>;
}

/** Queries of the students with some keys, and of those who have some StudentIds: ?1 the upload, ?2 the school, ?3 the texts. */
export interface Standings {
  students: string;
  holders: string;
}

/** The students themselves. */
const stored: Standings = { students: namesByKey, holders: holdersById };

/**
 * What rows wait for, without their other values, a slice at a time: at most a hundred bytes or so a
 * row, of at most as many rows as the school's limit.
 */
export async function loadWaiting(
  database: Client,
  { id, schoolId }: Of,
  { students, holders }: Standings = stored,
): Promise<WaitingRows> {
  const waiting: WaitingRows = { claims: [], before: new Map(), holders: new Map() };
  for (let offset = -1;;) {
    const { rows: [slice] } = await database.execute({
      sql: `SELECT offset, claims FROM deferred_rows
            WHERE upload_id = ? AND offset > ? ORDER BY offset LIMIT 1`,
      args: [id, offset],
    });
    if (slice === undefined) return waiting;
    offset = Number(slice["offset"]);
    const claims = claimsIn(slice["claims"]);
    const keys = JSON.stringify(claims.map(({ usernameKey }) => usernameKey));
    const ids = JSON.stringify(claims.flatMap(({ studentId }) => studentId ?? []));
    const [before, holding] = await database.batch([
      { sql: students, args: [id, schoolId, keys] },
      { sql: holders, args: [id, schoolId, ids] },
    ], "read");
    for (const claim of claims) waiting.claims.push(claim);
    for (const [key, student] of namesOf(before!)) waiting.before.set(key, student);
    for (const [studentId, holder] of holdersOf(holding!)) waiting.holders.set(studentId, holder);
  }
}

/**
 * The rows of students with these keys that wait, in the order of the file, a slice at a time, with
 * what is stored of their students.
 *
 * @param query the students with some keys
 */
export async function* waitingRows(
  database: Client,
  { id, schoolId }: Of,
  usernameKeys: readonly string[],
  query: string = studentsByKey,
): AsyncGenerator<{ stored: Map<string, Student>; rows: Row[] }> {
  if (usernameKeys.length === 0) return;
  const wanted = new Set<unknown>(usernameKeys);
  for (let offset = -1;;) {
    const { rows: [slice] } = await database.execute({
      sql: `SELECT offset, rows FROM deferred_rows
            WHERE upload_id = ? AND offset > ? ORDER BY offset LIMIT 1`,
      args: [id, offset],
    });
    if (slice === undefined) return;
    offset = Number(slice["offset"]);
    const rows = (JSON.parse(slice["rows"] as string) as unknown[][])
      .filter(([usernameKey]) => wanted.has(usernameKey)).map(rowOf);
    if (rows.length === 0) continue;
    const keys = JSON.stringify([...new Set(rows.map(({ usernameKey }) => usernameKey))]);
    const students = await database.execute({ sql: query, args: [id, schoolId, keys] });
    yield { stored: studentsOf(students), rows };
  }
}

function rowOf(values: unknown[]): Row {
  return { ...studentIn(values), line: values[LINE] as number };
}
