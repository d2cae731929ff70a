/**
 * What is read before a slice of a roster: how far the upload is and, where StudentIds collide, who has
 * which and what waits for the end of the file.
 */
import type { Client } from "@libsql/client";
import type { SchoolId, UploadId, UploadState } from "../../../shared/protocol.ts";
import type { UploadProgress } from "../../roster/changes.ts";
import { layoutOf } from "../../roster/layout.ts";
import { placementKey } from "../../roster/placements.ts";
import type { Row } from "../../roster/row.ts";
import type { Roll, Waiting } from "../../roster/student-id-claims.ts";
import { readRules, rulesQuery } from "../control/schools.ts";
import { readPosition, type StoredPosition, uploadPosition } from "./arrivals.ts";
import { termsIn } from "./checks.ts";
import { waitingAlready, waitingIn } from "./deferred-rows.ts";
import { askSeen } from "./seen-names.ts";
import { type Standings, stored } from "./standings.ts";
import { listOf } from "./student-columns.ts";

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
  const seen = askSeen(id);
  const [uploads, schools, placements, ...slices] = await database.batch([
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
    ...seen.statements,
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
    seen: seen.read(slices),
  };
}

/** What rows collide with, and what waits already. */
export interface Standing extends Roll {
  waiting: Waiting;
}

/** Looks up by name and StudentId how the students of rows stand. One round trip. */
export async function loadStanding(
  database: Client,
  { id, schoolId }: UploadProgress,
  rows: readonly Row[],
  { studentIdOf, holders }: Standings = stored,
): Promise<Standing> {
  const keys = rows.map(({ usernameKey }) => usernameKey);
  const ids = rows.flatMap(({ studentId }) => studentId ?? []);
  const [before, held, waiting] = await database.batch([
    {
      sql: `SELECT json_group_array(${studentIdOf("value")}) AS together FROM json_each(?3)`,
      args: [id, schoolId, JSON.stringify(keys)],
    },
    {
      sql: `SELECT json_group_array(student_id) AS together FROM (${holders("student_id")})`,
      args: [id, schoolId, JSON.stringify(ids)],
    },
    waitingAlready(id),
  ], "read");
  const studentIds = listOf(before!) as (string | null)[];
  return {
    studentIds: new Map(keys.map((key, at) => [key, studentIds[at]!])),
    held: new Set(listOf(held!) as string[]),
    waiting: waitingIn(waiting!, rows),
  };
}
