/**
 * What the check pass of an upload writes: problems, counts, and what each student would be. No student
 * is touched. Each of these batches is claimed, so that it takes effect once.
 */
import type { Client, InStatement } from "@libsql/client";
import type { SchoolId, UploadId } from "../../../shared/protocol.ts";
import type {
  RejectedName,
  SettledRows,
  SliceChanges,
  UploadProgress,
} from "../../roster/changes.ts";
import { stage, stageWaiting } from "./checked-students.ts";
import { deferRows, forgetDeferred, rejectDeferred } from "./deferred-rows.ts";
import {
  beginCounting,
  counts,
  forgotten,
  happened,
  listedProblems,
  position,
  rejectedRecords,
  unchanged,
  writeBatch,
} from "./slice-writes.ts";

/**
 * Writes what a slice came to, once.
 *
 * @param named the Usernames of its rows, where it matters whom the file does not name
 * @throws {StaleSlice} having changed nothing
 */
export async function writeCheckedSlice(
  database: Client,
  changes: SliceChanges,
  named: readonly string[] | null,
): Promise<void> {
  const { upload, offset, problems, students } = changes;
  await writeBatch(database, [
    claim(upload, offset, changes, named),
    ...(offset === 0 ? [beginCounting(upload)] : []),
    ...stage(upload, students),
    ...listedProblems(upload, problems),
    ...rejectedRecords(changes),
    ...deferRows(changes),
    position(changes),
    counts(changes),
    ...(changes.completedAt === null ? [] : forgotten(upload)),
    unchanged(upload),
    ...countUnnamed(upload, changes.rejectedNames),
    ...happened(changes),
  ]);
}

/** NULL, and so a failure, unless the upload is where the slice starts. */
function claim(
  { id }: UploadProgress,
  offset: number,
  { seen, rejectedNames }: Pick<SliceChanges, "seen" | "rejectedNames">,
  named: readonly string[] | null,
): InStatement {
  const keys = rejectedNames.flatMap(({ usernameKey }) => usernameKey || []);
  const ids = rejectedNames.flatMap(({ studentId }) => studentId || []);
  return {
    sql: `INSERT INTO slices (upload_id, pass, offset, seen, named, named_ids) VALUES (?, 'check',
            (SELECT next_offset FROM uploads WHERE id = ? AND pass = 'check' AND next_offset = ?
              AND state IN ('accepted', 'checking')), ?, ?, ?)`,
    args: [
      id,
      id,
      offset,
      seen,
      named && JSON.stringify([...named, ...keys]),
      named && ids.length > 0 ? JSON.stringify(ids) : null,
    ],
  };
}

/** Rejected rows without a Username, whose StudentId, if they have one, nobody has. */
function countUnnamed(
  { id, schoolId }: UploadProgress,
  names: readonly RejectedName[],
): InStatement[] {
  const ids = names.filter(({ usernameKey }) => !usernameKey).map(({ studentId }) => studentId);
  if (ids.length === 0) return [];
  return [{
    sql: `UPDATE checks SET unnamed = unnamed + (SELECT count(*) FROM json_each(?)
            WHERE NOT EXISTS (SELECT 1 FROM students WHERE school_id = ? AND student_id = value))
          WHERE upload_id = ?`,
    args: [JSON.stringify(ids), schoolId, id],
  }];
}

/** Settles the rows that waited for the end of the file, once. */
export async function writeCheckSettled(database: Client, settled: SettledRows): Promise<void> {
  const { upload, failedLines } = settled;
  const { id } = upload;
  const none = { seen: null, rejectedNames: [] };
  await writeBatch(database, [
    // No slice starts at the end of the file, so this claim is the settlement's own.
    claim(upload, upload.size, none, null),
    ...rejectDeferred(settled),
    ...stageWaiting(settled),
    ...listedProblems(upload, settled.problems),
    {
      sql: `UPDATE rosters SET added = added + ?, updated = updated + ?, rejected = rejected + ?,
              problems = problems + ?, deferred = 0 WHERE upload_id = ?`,
      args: [
        settled.counted.added,
        settled.counted.updated,
        failedLines.length,
        settled.problems.length,
        id,
      ],
    },
    forgetDeferred(upload),
    unchanged(upload),
  ]);
}

/** So many students are looked for at a time. */
const ABSENT = 5_000;

/** The upload, while its check is at the end and not decided: ?1. After that its slices name nobody. */
const undecided = `SELECT 1 FROM uploads WHERE id = ?1 AND pass = 'check' AND state = 'checking'
  AND next_offset = size`;

const absent = `
  INSERT OR IGNORE INTO checked_students (upload_id, outcome, username_key, username)
  SELECT ?1, 'left', username_key, username FROM students
  WHERE EXISTS (${undecided}) AND school_id = ?2 AND inactive_since IS NULL
    AND username_key > (SELECT coalesce(max(username_key), '') FROM checked_students
      WHERE upload_id = ?1 AND outcome = 'left')
    AND username_key NOT IN (SELECT value FROM slices CROSS JOIN json_each(slices.named)
      WHERE upload_id = ?1 AND named IS NOT NULL)
    AND (student_id IS NULL OR student_id NOT IN
      (SELECT value FROM slices CROSS JOIN json_each(slices.named_ids)
        WHERE upload_id = ?1 AND named_ids IS NOT NULL))
  ORDER BY username_key LIMIT ${ABSENT}`;

/**
 * Notes the next active students whom a snapshot does not name, after those that are noted; several may
 * do so at once. Nothing once it was decided what becomes of the upload.
 *
 * @returns whether there may be more
 */
export async function noteAbsent(
  database: Client,
  { id, schoolId }: { id: UploadId; schoolId: SchoolId },
): Promise<boolean> {
  const { rowsAffected } = await database.execute({ sql: absent, args: [id, schoolId] });
  return rowsAffected === ABSENT;
}

/** Nobody leaves after all, such as when a worker that is gone had noted them. */
export async function keepAll(database: Client, id: UploadId): Promise<void> {
  await database.execute({
    sql: `DELETE FROM checked_students
          WHERE upload_id = ?1 AND outcome = 'left' AND EXISTS (${undecided})`,
    args: [id],
  });
}
