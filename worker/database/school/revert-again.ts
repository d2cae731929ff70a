/** A revert that is done and can put back more, as what stood in its way is gone (SPEC section 9, Undo). */
import type { Client, InStatement } from "@libsql/client";
import type { Author } from "../control/audit.ts";
import { first } from "./reverts.ts";

/** Why students are left who may be put back later. */
const mayPass = "('changed_since', 'student_id_taken')";

/**
 * Somebody is left who stands again as the upload left him, and whose StudentId of before is nobody
 * else's.
 */
const hasMore = `EXISTS (SELECT 1 FROM revert_remains AS kept
    CROSS JOIN students ON students.school_id = reverts.school_id
      AND students.username_key = kept.username_key AND students.changed_by = reverts.upload_id
  WHERE kept.upload_id = reverts.upload_id AND kept.why IN ${mayPass}
    AND NOT EXISTS (SELECT 1 FROM student_changes AS c
        CROSS JOIN students AS holder ON holder.school_id = c.school_id
          AND holder.student_id = c.student_id
      WHERE kept.why = 'student_id_taken' AND c.school_id = students.school_id
        AND c.username_key = students.username_key AND c.upload_id = reverts.upload_id AND ${first}))`;

/** Could a revert that is done put back more, if it were asked for again? */
export async function canRevertAgain(database: Client, uploadId: string): Promise<boolean> {
  const { rows } = await database.execute({
    sql: `SELECT 1 FROM reverts WHERE upload_id = ? AND phase = 'done' AND ${hasMore}`,
    args: [uploadId],
  });
  return rows.length > 0;
}

/**
 * Begins it again, if it is done and there is more to put back: after those that were begun meanwhile.
 * Who may be put back now is left no more until it is looked at.
 */
export function revertAgain(uploadId: string, reason: string | null, by: Author): InStatement[] {
  return [
    {
      sql: `UPDATE reverts SET rowid = (SELECT max(rowid) + 1 FROM reverts), run = run + 1,
          begun_at = ?, actor = ?, reason = ?, phase = 'added', reached = '', finished_at = NULL
        WHERE upload_id = ? AND phase = 'done' AND ${hasMore}`,
      args: [by.at, by.actor, reason, uploadId],
    },
    {
      sql: `DELETE FROM revert_remains WHERE upload_id = ? AND why IN ${mayPass}
        AND EXISTS (SELECT 1 FROM reverts WHERE reverts.upload_id = revert_remains.upload_id
          AND phase = 'added' AND reached = '')`,
      args: [uploadId],
    },
  ];
}
