/** The part of a revert that gives students the StudentIds of before (SPEC section 9, Undo). */
import type { Client, InStatement } from "@libsql/client";
import { inPieces } from "../page.ts";
import { first, moveOn, restore, type Revert } from "./reverts.ts";

/** A student whose StudentId the upload changed, and who still stands as it left him. */
export interface IdChange {
  change: number;
  usernameKey: string;
  username: string;
  /** What the student had before. */
  before: string | null;
  now: string | null;
  /** Who has `before` now. */
  holder: { usernameKey: string; username: string } | undefined;
}

/** Somebody else has the StudentId of before, and keeps it. */
export interface IdFailure {
  usernameKey: string;
  username: string;
  /** Whose it is, by Username. */
  holder: string;
}

/** So many are asked for at once: with the longest Usernames within what a remote database answers. */
const ASKED = 2000;
/** So many who fail are written by one statement. */
const PIECE = 1000;

/** A hundred bytes or so of each student whose StudentId changed: at most as many as a file has rows. */
export async function idChanges(
  database: Client,
  revert: Revert,
  asked = ASKED,
): Promise<IdChange[]> {
  const changes: PlacedChange[] = [];
  while (true) {
    const page = await idChangesAfter(database, revert, changes.at(-1), asked);
    for (const change of page) changes.push(change);
    if (page.length < asked) return changes.sort((one, other) => one.change - other.change);
  }
}

/** With the part of the upload that made it. */
type PlacedChange = IdChange & { part: number };

async function idChangesAfter(
  database: Client,
  { uploadId }: Revert,
  after: PlacedChange | undefined,
  limit: number,
): Promise<PlacedChange[]> {
  const { rows } = await database.execute({
    sql: `SELECT c.id, c.part, c.username_key, students.username, c.student_id AS before,
        students.student_id AS now, h.username_key AS holder_key, h.username AS holder
      FROM student_changes AS c
        CROSS JOIN students ON students.school_id = c.school_id
          AND students.username_key = c.username_key AND students.changed_by = c.upload_id
        LEFT JOIN students AS h ON h.school_id = c.school_id AND h.student_id = c.student_id
      WHERE c.upload_id = ? AND (c.part, c.id) > (?, ?) AND ${first}
        AND c.student_id IS NOT students.student_id ORDER BY c.part, c.id LIMIT ?`,
    args: [uploadId, after?.part ?? 0, after?.change ?? 0, limit],
  });
  return rows.map((row) => ({
    change: Number(row["id"]),
    part: Number(row["part"]),
    usernameKey: row["username_key"] as string,
    username: row["username"] as string,
    before: row["before"] as string | null,
    now: row["now"] as string | null,
    holder: row["holder"] === null
      ? undefined
      : { usernameKey: row["holder_key"] as string, username: row["holder"] as string },
  }));
}

/** Some whose StudentIds change, all at once: two may have swapped theirs. */
export function restoreIds(
  revert: Revert,
  changes: readonly IdChange[],
  at: string,
): { statements: InStatement[]; next: Revert } {
  const next = { ...revert, reached: String(Number(revert.reached) + 1) };
  const which = "c.id IN (SELECT value FROM json_each(?))";
  const ids = JSON.stringify(changes.map(({ change }) => change));
  return {
    statements: [
      moveOn(revert, next),
      ...restore(revert, which, [ids], { at, letGo: true }),
    ],
    next,
  };
}

/** After the last of them: who could not have his StudentId back. */
export function endIds(revert: Revert, failed: readonly IdFailure[]): InStatement[] {
  return [
    moveOn(revert, { phase: "changed", reached: "0" }),
    ...inPieces(failed, PIECE).map((some) => ({
      sql: `INSERT INTO revert_remains (upload_id, username_key, username, why, other)
        SELECT upload_id, value ->> 0, value ->> 1, 'student_id_taken', value ->> 2
        FROM reverts CROSS JOIN json_each(?2) WHERE upload_id = ?1 ON CONFLICT DO NOTHING`,
      args: [
        revert.uploadId,
        JSON.stringify(some.map((one) => [one.usernameKey, one.username, one.holder])),
      ],
    })),
  ];
}
