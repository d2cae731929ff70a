/**
 * What is read before a slice of a roster is applied: how far the upload is and, where StudentIds
 * collide, what is stored of its students and what waits for the end of the file.
 */
import type { Client, Row as DatabaseRow } from "@libsql/client";
import type { SchoolId, UploadId, UploadState } from "../../../shared/protocol.ts";
import type { UploadProgress } from "../../roster/changes.ts";
import { layoutOf } from "../../roster/layout.ts";
import { placementKey } from "../../roster/placements.ts";
import type { Row } from "../../roster/row.ts";
import type { Student } from "../../roster/student.ts";
import type { Holder, Waiting, WaitingClaim } from "../../roster/student-id-claims.ts";
import { readRules, rulesQuery } from "../control/schools.ts";
import { readPosition, type StoredPosition, uploadPosition } from "./arrivals.ts";
import { termsIn } from "./checks.ts";
import { holdersOf, studentColumns, studentsOf } from "./student-columns.ts";

/** An upload as the next slice needs it, and as its position is told. */
export interface LoadedProgress extends UploadProgress {
  stored: StoredPosition;
  /** Whose school it is. */
  bridge: string;
}

const counters = ["read", "rejected", "unprocessed", "deferred", "problems"];

/**
 * Everything the next slice needs to know before it is read: one round trip when the school is told.
 *
 * @param school whose upload it is said to be; a bridge of an older version does not say
 * @returns `undefined`: that school has no such upload
 */
export async function loadProgress(
  database: Client,
  id: string,
  school?: number,
): Promise<LoadedProgress | undefined> {
  const schoolId = school ?? (await uploadPosition(database, id))?.schoolId;
  if (schoolId === undefined) return undefined;
  const [uploads, schools, placements, slices] = await database.batch([
    {
      // There are no counters before the first slice.
      sql: `SELECT u.id, u.school_id, u.lane, u.name, u.time_code, u.pass, u.held_because, u.state,
              u.size, u.next_offset, coalesce(r.next_line, 1) AS next_line,
              coalesce(r.inside_line, 0) AS inside_line, r.header IS NOT NULL AS has_header, r.layout,
              k.terms, EXISTS (SELECT 1 FROM checked_students
                WHERE upload_id = u.id AND outcome = 'left') AS is_leaving,
              ${counters.map((name) => `coalesce(r.${name}, 0) AS ${name}`).join(", ")}
            FROM uploads AS u LEFT JOIN rosters AS r ON r.upload_id = u.id
              LEFT JOIN checks AS k ON k.upload_id = u.id
            WHERE u.id = ? AND u.school_id = ?`,
      args: [id, schoolId],
    },
    rulesQuery(schoolId),
    {
      sql: "SELECT requirement_group, term FROM placements WHERE school_id = ?",
      args: [schoolId],
    },
    {
      sql: "SELECT seen FROM slices WHERE upload_id = ? AND seen IS NOT NULL ORDER BY offset",
      args: [id],
    },
  ], "read");
  const row = uploads?.rows[0];
  const rules = readRules(schools!.rows);
  if (!row || !rules) return undefined;
  const pairs = placements!.rows.map((pair) => placementKey(pair[0] as string, pair[1] as string));
  return {
    stored: readPosition(row),
    bridge: rules.bridge,
    id: id as UploadId,
    schoolId: Number(row["school_id"]) as SchoolId,
    state: row["state"] as UploadState,
    size: Number(row["size"]),
    nextOffset: Number(row["next_offset"]),
    nextLine: Number(row["next_line"]),
    insideLine: Boolean(row["inside_line"]),
    hasHeader: Boolean(row["has_header"]),
    layout: layoutOf(row["layout"] as string | null),
    read: Number(row["read"]),
    rejected: Number(row["rejected"]),
    unprocessed: Number(row["unprocessed"]),
    deferred: Number(row["deferred"]),
    settings: rules.settings,
    placements: pairs.length > 0 ? new Set(pairs) : undefined,
    problems: Number(row["problems"]),
    terms: termsIn(row),
    isLeaving: Boolean(row["is_leaving"]),
    seen: slices!.rows.map((slice) => new Uint8Array(slice[0] as ArrayBuffer)),
  };
}

/** What is stored of a slice's rows, and what of them waits already. */
export interface Standing {
  /** By Username key. */
  students: Map<string, Student>;
  /** By StudentId. */
  holders: Map<string, Holder>;
  waiting: Waiting;
}

/** Looks up the students and StudentIds that rows of an upload name. One round trip. */
export async function loadStanding(
  database: Client,
  { id, schoolId }: UploadProgress,
  rows: readonly Row[],
): Promise<Standing> {
  const keys = JSON.stringify([...new Set(rows.map(({ usernameKey }) => usernameKey))]);
  const ids = JSON.stringify([...new Set(rows.flatMap(({ studentId }) => studentId ?? []))]);
  const [students, holders, usernames, studentIds] = await database.batch([
    { sql: studentsByKey, args: [id, schoolId, keys] },
    {
      sql: `SELECT student_id, username_key, username FROM students
            WHERE school_id = ? AND student_id IN (SELECT value FROM json_each(?))`,
      args: [schoolId, ids],
    },
    {
      sql: `SELECT DISTINCT username_key FROM deferred_rows
            WHERE upload_id = ? AND username_key IN (SELECT value FROM json_each(?))`,
      args: [id, keys],
    },
    {
      sql: `SELECT DISTINCT student_id FROM deferred_rows
            WHERE upload_id = ? AND student_id IN (SELECT value FROM json_each(?))`,
      args: [id, ids],
    },
  ], "read");
  return {
    students: studentsOf(students!.rows),
    holders: holdersOf(holders!.rows),
    waiting: {
      usernames: new Set(usernames!.rows.map((row) => row["username_key"] as string)),
      studentIds: new Set(studentIds!.rows.map((row) => row["student_id"] as string)),
    },
  };
}

/** ?2 the school, ?3 the keys; ?1, the upload, is for queries of the same shape. */
const studentsByKey = `SELECT ${studentColumns.join(", ")} FROM students
  WHERE school_id = ?2 AND username_key IN (SELECT value FROM json_each(?3))`;

/** Rows and students are read so many at a time. */
export const PAGE = 2000;

/** What the rows of an upload that wait for its end want, and what is stored of it. */
export interface WaitingRows {
  /** In the order of the file. */
  claims: WaitingClaim[];
  /** By Username key. */
  before: Map<string, Pick<Student, "username" | "studentId">>;
  /** By StudentId. */
  holders: Map<string, Holder>;
}

/** ?1 the upload, ?2 the school, ?3 the last line that was read. */
const waitingQuery = `
  SELECT d.line, d.username_key, d.row ->> '$.username' AS username, d.student_id,
    s.username AS stored_username, s.student_id AS stored_id,
    h.username_key AS holder_key, h.username AS holder
  FROM deferred_rows d
  LEFT JOIN students s ON s.school_id = ?2 AND s.username_key = d.username_key
  LEFT JOIN students h ON h.school_id = ?2 AND h.student_id = d.student_id
  WHERE d.upload_id = ?1 AND d.line > ?3 ORDER BY d.line LIMIT ${PAGE}`;

/**
 * What rows wait for, without their other values: at most a hundred bytes or so a row, of at most as
 * many rows as the school's limit.
 *
 * @param query as `waitingQuery`: who has what
 */
export async function loadWaiting(
  database: Client,
  { id, schoolId }: UploadProgress,
  query: string = waitingQuery,
): Promise<WaitingRows> {
  const waiting: WaitingRows = { claims: [], before: new Map(), holders: new Map() };
  for (let line = -1, isWhole = false; !isWhole;) {
    const { rows } = await database.execute({
      sql: query,
      args: [id, schoolId, line],
    });
    for (const row of rows) takeWaiting(row, waiting);
    line = Number(rows.at(-1)?.["line"] ?? line);
    isWhole = rows.length < PAGE;
  }
  return waiting;
}

function takeWaiting(row: DatabaseRow, { claims, before, holders }: WaitingRows): void {
  const usernameKey = row["username_key"] as string;
  const studentId = row["student_id"] as string | null;
  claims.push({
    line: Number(row["line"]),
    usernameKey,
    username: row["username"] as string,
    studentId,
  });
  if (row["stored_username"] !== null) {
    before.set(usernameKey, {
      username: row["stored_username"] as string,
      studentId: row["stored_id"] as string | null,
    });
  }
  if (studentId !== null && row["holder"] !== null) {
    holders.set(studentId, {
      usernameKey: row["holder_key"] as string,
      username: row["holder"] as string,
    });
  }
}

/**
 * The students with these keys and their rows that wait, in the order of the file, a page at a time;
 * a student's rows may go over pages.
 */
export async function* waitingRows(
  database: Client,
  { id, schoolId }: UploadProgress,
  usernameKeys: readonly string[],
  query: string = studentsByKey,
): AsyncGenerator<{ stored: Map<string, Student>; rows: Row[] }> {
  for (let start = 0; start < usernameKeys.length; start += PAGE) {
    const keys = JSON.stringify(usernameKeys.slice(start, start + PAGE));
    let { rows: students } = await database.execute({ sql: query, args: [id, schoolId, keys] });
    for (let line = -1, isWhole = false; !isWhole;) {
      const { rows } = await database.execute({
        sql: `SELECT line, row FROM deferred_rows
              WHERE upload_id = ? AND line > ?
                AND username_key IN (SELECT value FROM json_each(?))
              ORDER BY line LIMIT ${PAGE}`,
        args: [id, line, keys],
      });
      const page = rows.map((row) => JSON.parse(row["row"] as string) as Row);
      yield { stored: studentsOf(students), rows: page };
      students = [];
      line = Number(rows.at(-1)?.["line"] ?? line);
      isWhole = rows.length < PAGE;
    }
  }
}
