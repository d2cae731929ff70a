/**
 * Putting back what an upload changed (SPEC section 9, Undo), a page at a time. Each page is one batch
 * that first moves on where the revert is, so that it takes effect once, whoever dies or calls twice.
 */
import type { Client, InStatement, InValue } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { auditIfChanged, type Author } from "../control/audit.ts";
import { tellOfUpload } from "./occurrences.ts";
import { isStatus } from "./student-changes.ts";
import { optionalColumns } from "./student-columns.ts";

/**
 * First the students that it added, who may have StudentIds of others; then those whose StudentId it
 * changed; then the others that it changed.
 */
export type RevertPhase = "added" | "ids" | "changed" | "done";

export interface Revert {
  uploadId: string;
  schoolId: SchoolId;
  begunAt: string;
  actor: string;
  reason: string | null;
  /** How often it was asked for when more could be put back, from 1. */
  run: number;
  phase: RevertPhase;
  reached: string;
  restored: number;
  removed: number;
  madeInactive: number;
  finishedAt: string | null;
}

/** Why something of the upload is still there. */
export type Why =
  /** Another upload changed the student since; `other` is the id of the one that stands today. */
  | "changed_since"
  /** The StudentId that the student had is another one's now; `other` is that Username. */
  | "student_id_taken"
  /** The student was added and then verified, and so is inactive instead of gone. */
  | "verified"
  /** The student's verification is in an export, which cannot be called back; `other` is its id. */
  | "exported";

export interface Remains {
  username: string;
  /** The upload added the student; else it changed him. */
  isAdded: boolean;
  why: Why;
  other: string | null;
  /** What changed the student since was reverted: put back again, nothing stands in the way. */
  standsAgain: boolean;
  /** What it is called, where it is an upload. */
  otherName: string | null;
}

/** Somebody else moved the revert on meanwhile. */
export class RevertMoved extends Error {}

/** The school was purged meanwhile, and the revert with it. */
export class RevertGone extends Error {}

/**
 * Begins to put an upload back, once; nothing when it may still go on or has no history. One that was
 * given up half-way is put back as far as it came.
 */
export function beginRevert(
  upload: { id: string; schoolId: SchoolId },
  reason: string | null,
  by: Author,
): InStatement {
  return {
    sql: `INSERT INTO reverts (upload_id, school_id, begun_at, actor, reason, phase, reached)
      SELECT uploads.id, school_id, ?, ?, ?, 'added', '' FROM uploads
        JOIN rosters ON rosters.upload_id = uploads.id
      WHERE uploads.id = ? AND school_id = ? AND state IN ('completed', 'discarded')
        AND pass = 'apply' AND has_history = 1
      ON CONFLICT (upload_id) DO NOTHING`,
    args: [by.at, by.actor, reason, upload.id, upload.schoolId],
  };
}

export async function revertOf(database: Client, uploadId: string): Promise<Revert | undefined> {
  const { rows: [row] } = await database.execute({
    sql: "SELECT * FROM reverts WHERE upload_id = ?",
    args: [uploadId],
  });
  return row && {
    uploadId,
    schoolId: Number(row["school_id"]) as SchoolId,
    begunAt: row["begun_at"] as string,
    actor: row["actor"] as string,
    reason: row["reason"] as string | null,
    run: Number(row["run"]),
    phase: row["phase"] as RevertPhase,
    reached: row["reached"] as string,
    restored: Number(row["restored"]),
    removed: Number(row["removed"]),
    madeInactive: Number(row["made_inactive"]),
    finishedAt: row["finished_at"] as string | null,
  };
}

/**
 * The reverts of the school that were begun before this one and are not done, the oldest first. What one
 * of them gives back, another may have to put back further: so they come one after the other.
 */
export async function revertsBefore(database: Client, uploadId: string): Promise<string[]> {
  const { rows } = await database.execute({
    sql: `SELECT earlier.upload_id FROM reverts AS mine JOIN reverts AS earlier
        ON earlier.school_id = mine.school_id AND earlier.finished_at IS NULL
          AND earlier.rowid < mine.rowid
      WHERE mine.upload_id = ? ORDER BY earlier.rowid`,
    args: [uploadId],
  });
  return rows.map((row) => row["upload_id"] as string);
}

/** Of some schools the revert that comes first, in any order: one that is slow keeps no other waiting. */
export async function revertsUnderWay(
  database: Client,
  limit: number,
): Promise<{ uploadId: string; schoolId: SchoolId }[]> {
  const { rows } = await database.execute({
    sql: `SELECT upload_id, school_id, min(rowid) FROM reverts WHERE finished_at IS NULL
      GROUP BY school_id ORDER BY random() LIMIT ?`,
    args: [limit],
  });
  return rows.map((row) => ({
    uploadId: row["upload_id"] as string,
    schoolId: Number(row["school_id"]) as SchoolId,
  }));
}

/** Fails, and the whole batch, unless the revert is where it was read, in the same run. */
export function moveOn(
  { uploadId, run, phase, reached }: Revert,
  next: { phase: RevertPhase; reached: string },
): InStatement {
  return {
    sql: `UPDATE reverts SET reached = ?,
        phase = CASE WHEN run = ? AND phase = ? AND reached = ? THEN ? END
      WHERE upload_id = ?`,
    args: [next.reached, run, phase, reached, next.phase, uploadId],
  };
}

export async function writeRevert(database: Client, statements: InStatement[]): Promise<void> {
  try {
    await database.batch(statements, "write");
  } catch (error) {
    const { message } = error as Error;
    // The StudentId was taken by an upload at the very moment: all is looked at again.
    const isTaken = /UNIQUE constraint failed: .*students\.student_id/i.test(message);
    if (isTaken || /NOT NULL constraint failed: reverts\.phase/i.test(message)) {
      throw new RevertMoved();
    }
    throw error;
  }
}

/** A change of the upload to a student who stood otherwise before: `previous` says by whom. */
export const isFirstOfUpload = (change: string) =>
  `${change}.is_revert = 0 AND ${change}.previous IS NOT ${change}.upload_id`;
/** One that was not put back yet. */
export const begins = (change: string) => `${isFirstOfUpload(change)} AND ${change}.undone IS NULL`;
/**
 * The first change of the upload to each student. Where others changed him between two of its slices, the
 * first after them: what they left comes back.
 */
export const first = `${begins("c")} AND NOT EXISTS (SELECT 1 FROM student_changes AS later
  WHERE later.school_id = c.school_id AND later.username_key = c.username_key AND later.id > c.id
    AND later.upload_id = c.upload_id AND ${begins("later")})`;
export const listed = (text: (column: string) => string) => optionalColumns.map(text).join(", ");
/** Who neither left nor returned with the upload stays what he is. */
const statusBefore = `iif(${isStatus("c")}, c.inactive_since, students.inactive_since)`;

/**
 * Puts students back as they were before the changes that `which` selects, where they still stand:
 * those whose StudentId changes, or those whose StudentId does not.
 */
export function restore(
  { uploadId, run, actor }: Revert,
  which: string,
  args: InValue[],
  { at, letGo }: { at: string; letGo: boolean },
): InStatement[] {
  const standing = `students.school_id = c.school_id AND students.username_key = c.username_key
    AND students.changed_by = c.upload_id${
    letGo ? "" : " AND students.student_id IS c.student_id"
  }`;
  const changes = `SELECT c.* FROM student_changes AS c WHERE c.undone = ? AND ${which}`;
  const undone = [run, ...args];
  return [
    {
      sql: `UPDATE student_changes SET undone = ? WHERE id IN (SELECT c.id
        FROM student_changes AS c CROSS JOIN students ON ${standing} WHERE ${first} AND ${which})`,
      args: undone,
    },
    {
      // Between two of the upload's slices.
      sql: `INSERT INTO revert_remains (upload_id, username_key, username, why, other)
        SELECT ?, students.username_key, students.username, 'changed_since', c.previous
        FROM (${changes}) AS c JOIN students ON ${standing}
        WHERE EXISTS (SELECT 1 FROM student_changes AS meanwhile
          WHERE meanwhile.school_id = c.school_id AND meanwhile.username_key = c.username_key
            AND meanwhile.id < c.id AND meanwhile.previous = c.upload_id
            AND meanwhile.upload_id <> c.upload_id)
        ON CONFLICT DO NOTHING`,
      args: [uploadId, ...undone],
    },
    {
      // Who is as others left him between two slices is not yet as before.
      sql: `UPDATE reverts SET restored = restored + (SELECT count(*)
          FROM (${changes}) AS c JOIN students ON ${standing}
          WHERE NOT EXISTS (SELECT 1 FROM revert_remains AS kept
            WHERE kept.upload_id = c.upload_id AND kept.username_key = c.username_key
              AND kept.why = 'changed_since'))
        WHERE upload_id = ?`,
      args: [...undone, uploadId],
    },
    {
      sql: `INSERT INTO revert_remains (upload_id, username_key, username, why, other)
        SELECT ?, students.username_key, students.username, 'exported', max(v.export_id)
        FROM (${changes}) AS c JOIN students ON ${standing}
          JOIN verifications AS v ON v.school_id = c.school_id
            AND v.username_key = c.username_key
          JOIN exports AS e ON e.id = v.export_id AND e.created_at >= c.at
        WHERE true GROUP BY students.username_key ON CONFLICT DO NOTHING`,
      args: [uploadId, ...undone],
    },
    {
      sql: `INSERT INTO student_changes (school_id, username_key, upload_id, part, is_revert, at,
          reverted_by, previous, inactive_since, new_inactive_since, ${listed((column) => column)},
          ${listed((column) => `new_${column}`)})
        SELECT c.school_id, c.username_key, c.upload_id, -1, 1, ?, ?, students.changed_by,
          students.inactive_since, ${statusBefore},
          ${listed((column) => `students.${column}`)}, ${listed((column) => `c.${column}`)}
        FROM (${changes}) AS c JOIN students ON ${standing}`,
      args: [at, actor, ...undone],
    },
    ...(letGo
      ? [{
        sql: `UPDATE students SET student_id = NULL FROM (${changes}) AS c WHERE ${standing}`,
        args: undone,
      }]
      : []),
    {
      sql: `UPDATE students SET changed_by = c.previous, inactive_since = ${statusBefore}, ${
        listed((column) => `${column} = c.${column}`)
      }
        FROM (${changes}) AS c WHERE ${standing}`,
      args: undone,
    },
  ];
}

/** The last id of the next page of the upload's changes; `undefined`: there is none. */
export async function changesUpTo(
  database: Client,
  { uploadId, reached }: Revert,
  limit: number,
): Promise<number | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT max(id) AS last FROM (SELECT id FROM student_changes
        WHERE upload_id = ?1 AND id > ?2 AND part >= coalesce(
          (SELECT part FROM student_changes WHERE id = ?2), 0)
        ORDER BY part, id LIMIT ?3)`,
    args: [uploadId, Number(reached), limit],
  });
  return row?.["last"] === null ? undefined : Number(row!["last"]);
}

/** A page of those whose StudentId is as it was. Without a `last` there is no page more: it is done. */
export function restoreChanged(
  revert: Revert,
  last: number | undefined,
  at: string,
): InStatement[] {
  const { uploadId, reached } = revert;
  if (last === undefined) return finish(revert, at);
  // The + keeps to the page's ids, of which few are another upload's.
  const which = "+c.upload_id = ? AND c.id > ? AND c.id <= ?";
  const args = [uploadId, Number(reached), last];
  return [
    moveOn(revert, { phase: "changed", reached: String(last) }),
    {
      sql: `INSERT INTO revert_remains (upload_id, username_key, username, why, other)
        SELECT ?, c.username_key, students.username, 'changed_since', students.changed_by
        FROM student_changes AS c CROSS JOIN students ON students.school_id = c.school_id
          AND students.username_key = c.username_key AND students.changed_by IS NOT c.upload_id
        WHERE ${first} AND ${which} ON CONFLICT DO NOTHING`,
      args: [uploadId, ...args],
    },
    ...restore(revert, `${which} AND ${isKept}`, args, { at, letGo: false }),
  ];
}

/** Whose StudentId could not be had back stays as he is. */
const isKept = `NOT EXISTS (SELECT 1 FROM revert_remains AS kept WHERE kept.upload_id = c.upload_id
  AND kept.username_key = c.username_key AND kept.why = 'student_id_taken')`;

function finish(revert: Revert, at: string): InStatement[] {
  const { uploadId, schoolId, run, actor, reason } = revert;
  const once = `upload.reverted:${uploadId}${run === 1 ? "" : `:${run}`}`;
  return [
    moveOn(revert, { phase: "done", reached: "" }),
    {
      sql: "UPDATE reverts SET finished_at = ? WHERE upload_id = ?",
      args: [at, uploadId],
    },
    // Nothing, where its school was purged meanwhile.
    auditIfChanged({ actor, at }, schoolId, "upload.reverted", { upload: uploadId, reason }),
    {
      sql: `UPDATE uploads SET state = 'reverted'
        WHERE id = ? AND state IN ('completed', 'discarded')`,
      args: [uploadId],
    },
    tellOfUpload("upload.reverted", uploadId, at, { once }),
  ];
}
