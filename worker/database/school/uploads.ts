/** Uploads and their problems as administrators see them. */
import type { Client, Row as DatabaseRow } from "@libsql/client";
import type { SchoolId, Sender, UploadId, UploadState } from "../../../shared/protocol.ts";
import { andAll, ofSchools } from "../narrowing.ts";
import type { Page } from "../page.ts";
import { LISTED_PROBLEMS } from "../../roster/changes.ts";
import type { Problem } from "../../roster/problems.ts";
import type { RowCounts } from "../../roster/report.ts";

export interface Upload {
  id: UploadId;
  schoolId: SchoolId;
  /** As the school named it. */
  name: string;
  timeCode: string;
  state: UploadState;
  /** `check`: nothing of it was applied. */
  pass: string;
  /** Why it is held or parked. */
  heldBecause: string | null;
  /** Bytes; of a packed file those it expands to. */
  size: number;
  /** How it was sent packed, and how many bytes it was so. */
  packed: { as: string; size: number } | null;
  sha256: string;
  rows: RowCounts;
  sender: Sender;
  acceptedAt: string;
  completedAt: string | null;
  /** How putting it back stands, where that was begun. */
  revert: RevertProgress | null;
}

export interface RevertProgress {
  begunAt: string;
  /** `null`: it is under way. */
  finishedAt: string | null;
  restored: number;
  removed: number;
  madeInactive: number;
}

/** What a roster's rows came to; there are no counters before its first slice. */
const counters = ["read", "added", "updated", "unchanged", "rejected", "warnings", "unprocessed"]
  .concat("problems", "students_left", "students_returned");

const query =
  `SELECT u.id, u.school_id, u.name, u.time_code, u.state, u.pass, u.held_because, u.size,
    u.packed, u.sha256, u.fingerprint, u.address, u.client, u.accepted_at, u.completed_at,
    ${counters.map((name) => `coalesce(r.${name}, 0) AS ${name}`).join(", ")},
    v.begun_at, v.finished_at, v.restored, v.removed, v.made_inactive
  FROM uploads AS u LEFT JOIN rosters AS r ON r.upload_id = u.id
    LEFT JOIN reverts AS v ON v.upload_id = u.id`;

/** Newest first; one row more than the page has. */
export async function listUploads(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string, string]>,
): Promise<Upload[]> {
  // Later than any instant there is.
  const [acceptedAt, id] = after ?? ["~", ""];
  const { rows } = await database.execute({
    sql: `${query} WHERE u.school_id = ? AND (u.accepted_at, u.id) < (?, ?)
          ORDER BY u.accepted_at DESC, u.id DESC LIMIT ?`,
    args: [schoolId, acceptedAt, id, limit + 1],
  });
  return rows.map(readUpload);
}

/** Which uploads are wanted; all that are given must hold. */
export interface UploadFilter {
  /** `undefined`: of all schools. */
  schoolIds: readonly SchoolId[] | undefined;
  state?: string | undefined;
  /** ISO 8601 UTC: accepted then or later. */
  since?: string | undefined;
}

/** Of several schools, newest first; one row more than the page has. */
export async function listUploadsOf(
  database: Client,
  { schoolIds, state, since }: UploadFilter,
  { limit, after }: Page<[string, string]>,
): Promise<Upload[]> {
  const [acceptedAt, id] = after ?? ["~", ""];
  const wanted = andAll([["u.state = ?", state], ofSchools("u.school_id", schoolIds)]);
  const { rows } = await database.execute({
    sql: `${query} WHERE (u.accepted_at, u.id) < (?, ?) AND u.accepted_at >= ?${wanted.sql}
          ORDER BY u.accepted_at DESC, u.id DESC LIMIT ?`,
    args: [acceptedAt, id, since ?? "", ...wanted.args, limit + 1],
  });
  return rows.map(readUpload);
}

export async function uploadById(database: Client, id: string): Promise<Upload | undefined> {
  const { rows } = await database.execute({
    sql: `${query} WHERE u.id = ?`,
    args: [id],
  });
  return rows[0] && readUpload(rows[0]);
}

/** A problem, with its place among those of its line. */
export type NumberedProblem = Problem & { number: number };

/** In the order of the file, all or those of a code; one row more than the page has. */
export async function listProblems(
  database: Client,
  upload: string,
  { limit, after }: Page<[number, number]>,
  code?: string,
): Promise<NumberedProblem[]> {
  const [line, number] = after ?? [-1, -1];
  const { rows } = await database.execute({
    sql: `SELECT line, number, username, column_name, severity, code, message FROM problems
          WHERE upload_id = ? AND (line, number) > (?, ?) ${
      code === undefined ? "" : "AND code = ?"
    }
          ORDER BY line, number LIMIT ?`,
    args: [upload, line, number, ...code === undefined ? [] : [code], limit + 1],
  });
  return rows.map(readProblem);
}

/** How often each code stands among an upload's listed problems, and its first line; most first. */
export async function problemsByCode(
  database: Client,
  upload: string,
): Promise<{ count: number; first: NumberedProblem }[]> {
  // SQLite takes the other columns from the row that min() found.
  const { rows } = await database.execute({
    sql:
      `SELECT count(*) AS count, min(line) AS line, number, username, column_name, severity, code,
            message
          FROM problems WHERE upload_id = ? AND severity <> 'info' GROUP BY code
          ORDER BY count DESC, code`,
    args: [upload],
  });
  return rows.map((row) => ({ count: Number(row["count"]), first: readProblem(row) }));
}

/** How often each problem code comes in a file, and the first lines with it: none, if it is on none. */
export interface CodeCount {
  code: string;
  severity: string;
  count: number;
  lines: number[];
}

/** So many lines are named of each code. */
const LINES = 5;

/** The problems of an upload by their codes, most frequent first. */
export async function codeCounts(database: Client, uploadId: string): Promise<CodeCount[]> {
  const { rows } = await database.execute({
    sql: `SELECT code, severity, count, json_group_array(line) FILTER (WHERE line > 0) AS lines
      FROM (
        SELECT code, severity, line,
          count(*) OVER (PARTITION BY code, severity) AS count,
          row_number() OVER (PARTITION BY code, severity ORDER BY line = 0, line, number) AS place
        FROM problems WHERE upload_id = ? AND severity <> 'info')
      WHERE place <= ${LINES} GROUP BY code, severity ORDER BY count DESC, code`,
    args: [uploadId],
  });
  return rows.map((row) => ({
    code: row["code"] as string,
    severity: row["severity"] as string,
    count: Number(row["count"]),
    lines: (JSON.parse(row["lines"] as string) as number[]).toSorted((a, b) => a - b),
  }));
}

function readProblem(row: DatabaseRow): NumberedProblem {
  return {
    line: Number(row["line"]),
    number: Number(row["number"]),
    username: row["username"] as string,
    column: row["column_name"] as string,
    severity: row["severity"] as Problem["severity"],
    code: row["code"] as Problem["code"],
    message: row["message"] as string,
  };
}

const PAGE = 1000;

/** All problems of an upload in the order of the file, a page at a time. */
export async function* problemPages(database: Client, id: string): AsyncGenerator<Problem[]> {
  let after: [number, number] | undefined;
  while (true) {
    const page = await listProblems(database, id, { limit: PAGE, after });
    if (page.length > 0) yield page.slice(0, PAGE);
    if (page.length <= PAGE) return;
    const last = page[PAGE - 1]!;
    after = [last.line, last.number];
  }
}

function readUpload(row: DatabaseRow): Upload {
  const count = (column: string) => Number(row[column]);
  const unlisted = count("problems") - LISTED_PROBLEMS;
  return {
    id: row["id"] as UploadId,
    schoolId: Number(row["school_id"]) as SchoolId,
    name: row["name"] as string,
    timeCode: row["time_code"] as string,
    state: row["state"] as UploadState,
    pass: row["pass"] as string,
    heldBecause: row["held_because"] as string | null,
    size: count("size"),
    packed: JSON.parse(row["packed"] as string ?? "null"),
    sha256: row["sha256"] as string,
    rows: {
      read: count("read"),
      added: count("added"),
      updated: count("updated"),
      unchanged: count("unchanged"),
      rejected: count("rejected"),
      warnings: count("warnings"),
      unprocessed: count("unprocessed"),
      ...(unlisted > 0 ? { unlisted } : {}),
      ...given("left", count("students_left")),
      ...given("returned", count("students_returned")),
    },
    sender: {
      fingerprint: row["fingerprint"] as string,
      address: row["address"] as string,
      client: row["client"] as string,
    },
    acceptedAt: row["accepted_at"] as string,
    completedAt: row["completed_at"] as string | null,
    revert: row["begun_at"] === null ? null : {
      begunAt: row["begun_at"] as string,
      finishedAt: row["finished_at"] as string | null,
      restored: count("restored"),
      removed: count("removed"),
      madeInactive: count("made_inactive"),
    },
  };
}

/** Where there are some: only snapshots have them. */
function given<Name extends string>(name: Name, count: number): { [name in Name]?: number } {
  return count > 0 ? { [name]: count } as { [name in Name]?: number } : {};
}
