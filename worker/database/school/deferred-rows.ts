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
import type { Waiting, WaitingClaim } from "../../roster/student-id-claims.ts";
import type { Given } from "./student-changes.ts";
import type { Standings } from "./standings.ts";
import { studentColumns, studentIn, studentsOf, studentValues } from "./student-columns.ts";

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
  const claims: StoredClaims = [
    deferred.map(({ row }) => row.line),
    deferred.map(({ row }) => row.usernameKey),
    deferred.map(({ row }) => row.username),
    deferred.map(({ row }) => row.studentId),
  ];
  return [{
    sql: `INSERT INTO deferred_rows (upload_id, offset, usernames, student_ids, claims, rows, bytes)
          VALUES (?, ?, ?, ?, ?, ?, ?)`,
    args: [
      id,
      offset,
      new Uint8Array(new Float64Array(usernames).buffer),
      new Uint8Array(new Float64Array(studentIds).buffer),
      JSON.stringify(claims),
      JSON.stringify(rows),
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
  const usernames = new ByHash(rows.map(({ usernameKey }) => usernameKey));
  const studentIds = new ByHash(rows.flatMap(({ studentId }) => studentId ?? []));
  for (const slice of slices.rows) {
    usernames.find(slice["usernames"] as ArrayBuffer | null, waiting.usernames);
    studentIds.find(slice["student_ids"] as ArrayBuffer | null, waiting.studentIds);
    if (slice["claims"] === null) continue;
    const [, keys, , ids] = JSON.parse(slice["claims"] as string) as StoredClaims;
    for (const key of keys) waiting.usernames.add(key);
    for (const id of ids) if (id !== null) waiting.studentIds.add(id);
  }
  return waiting;
}

/** Texts by their hashes, with a sieve before them: of very many hashes few are looked up. */
class ByHash {
  readonly #texts: Map<number, string>;
  readonly #sieve = new Uint8Array(2 ** 16);

  constructor(texts: readonly string[]) {
    this.#texts = new Map(texts.map((text) => [textHash(text), text]));
    const words = new Uint32Array(new Float64Array(this.#texts.keys()).buffer);
    for (let at = 0; at < words.length; at += 2) this.#sieve[placeOf(words, at)] = 1;
  }

  find(stored: ArrayBuffer | null, found: Set<string>): void {
    if (stored === null) return;
    const hashes = new Float64Array(stored.slice(0));
    const words = new Uint32Array(hashes.buffer);
    for (let at = 0; at < words.length; at += 2) {
      if (this.#sieve[placeOf(words, at)] === 0) continue;
      const text = this.#texts.get(hashes[at / 2]!);
      if (text !== undefined) found.add(text);
    }
  }
}

function placeOf(words: Uint32Array, at: number): number {
  return (words[at]! ^ words[at + 1]!) & 0xffff;
}

/** What rows want, an entry a row: lines, Username keys, Usernames and StudentIds. */
type StoredClaims = [number[], string[], string[], (string | null)[]];

/** The rows that wait: `value` is each, and `upload_id` selects. */
export const deferred = "deferred_rows CROSS JOIN json_each(deferred_rows.rows)";

/** Is a value of the row none of those that a parameter has as JSON? */
export const isNoneOf = (place: number, parameter: string) =>
  `value ->> ${place} NOT IN (SELECT value FROM json_each(${parameter}))`;

/** The rows that hold and are the only one of their student, as that student. */
export function deferredStudents(settled: SettledRows): Given {
  return rowsThatHold(settled, { sql: "true", args: [] });
}

/**
 * Those of them who may be new. They are looked for only where somebody may be: who was read to be there may
 * have been taken back by a revert since.
 */
export function newDeferredStudents(settled: SettledRows): Given {
  const { upload: { schoolId }, mayAdd, removed } = settled;
  return rowsThatHold(settled, {
    sql: `(? OR (${removedByReverts}) <> ?)`,
    args: [mayAdd ? 1 : 0, schoolId, removed],
  });
}

/** Each row's JSON is made once, not for each of its values. */
function rowsThatHold(
  { upload, failedLines, severalRows }: SettledRows,
  where: Given,
): Given {
  const conditions: string[] = ["true"];
  const lists: string[] = [];
  for (const [place, none] of [[LINE, failedLines], [0, severalRows]] as const) {
    if (none.length === 0) continue;
    conditions.push(isNoneOf(place, "?"));
    lists.push(JSON.stringify(none));
  }
  return {
    sql: `WITH waiting AS MATERIALIZED
        (SELECT value FROM ${deferred} WHERE upload_id = ? AND ${where.sql})
      SELECT value FROM waiting WHERE ${conditions.join(" AND ")}`,
    args: [upload.id, ...where.args, ...lists],
  };
}

/** How many students reverts took back so far. */
export const removedByReverts =
  "SELECT coalesce(sum(removed), 0) AS removed FROM reverts WHERE school_id = ?";

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

/**
 * What rows wait for, in the order of the file, without their other values: a slice at a time, at most a
 * hundred bytes or so a row, of at most as many rows as the school's limit.
 */
export async function loadWaiting(
  database: Client,
  { id, schoolId }: Of,
  { studentIdOf }: Standings,
): Promise<{ claims: WaitingClaim[]; removed: number }> {
  const claims: WaitingClaim[] = [];
  const { rows: [reverts] } = await database.execute({ sql: removedByReverts, args: [schoolId] });
  for (let offset = -1;;) {
    const { rows: [slice] } = await database.execute({
      sql: `SELECT offset, claims, (SELECT json_group_array(${studentIdOf("value")})
                FROM json_each(claims, '$[1]')) AS before
            FROM deferred_rows WHERE upload_id = ?1 AND offset > ?3 ORDER BY offset LIMIT 1`,
      args: [id, schoolId, offset],
    });
    if (slice === undefined) return { claims, removed: Number(reverts!["removed"]) };
    offset = Number(slice["offset"]);
    const before = JSON.parse(slice["before"] as string) as (string | null)[];
    const [lines, usernameKeys, usernames, studentIds] = JSON.parse(
      slice["claims"] as string,
    ) as StoredClaims;
    lines.forEach((line, at) =>
      claims.push({
        line,
        usernameKey: usernameKeys[at]!,
        username: usernames[at]!,
        studentId: studentIds[at]!,
        before: before[at]!,
      })
    );
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
  query: string,
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
