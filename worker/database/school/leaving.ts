/** Students whom a snapshot does not name become inactive; they were noted when it was checked. */
import type { Client, InStatement } from "@libsql/client";
import type { UploadProgress } from "../../roster/changes.ts";
import { tellIfChanged } from "./occurrences.ts";
import { noteStatus } from "./student-changes.ts";
import type { SchoolId, UploadState } from "../../../shared/protocol.ts";

/** So many are written in one batch: a remote database ends one that takes 5 s. */
const PAGE = 5_000;

/** The upload, when all its rows were applied: ?1. */
const ready = `SELECT id FROM uploads WHERE id = ?1 AND state = 'processing' AND pass = 'apply'
  AND next_offset = size
  AND NOT EXISTS (SELECT 1 FROM deferred_rows WHERE upload_id = ?1)`;
const nextOnes = `SELECT username_key FROM checked_students
  WHERE upload_id = (${ready}) AND outcome = 'left' ORDER BY username_key LIMIT ${PAGE}`;
const leavers = `school_id = ?2 AND inactive_since IS NULL AND username_key IN (${nextOnes})`;

/**
 * Makes the next of them inactive, and completes the upload when it was the last; doing so twice at once
 * does no harm.
 *
 * @param at ISO 8601 UTC
 * @returns the state of the upload: `processing` while there are more
 */
export async function leave(
  database: Client,
  { id, schoolId, size }: Pick<UploadProgress, "id" | "schoolId" | "size">,
  at: string,
): Promise<UploadState> {
  // After all that its rows changed.
  const cause = { uploadId: id, schoolId, part: size + 1, at };
  const which = `SELECT username_key FROM students WHERE ${leavers}`;
  const results = await database.batch([
    noteStatus({ sql: which, args: [id, schoolId] }, at, cause),
    {
      sql: `UPDATE students SET inactive_since = ?3, changed_by = ?1 WHERE ${leavers}`,
      args: [id, schoolId, at],
    },
    {
      sql: "UPDATE rosters SET students_left = students_left + changes() WHERE upload_id = ?",
      args: [id],
    },
    {
      sql: `DELETE FROM checked_students WHERE upload_id = ?1 AND username_key IN (${nextOnes})`,
      args: [id],
    },
    {
      sql: `UPDATE uploads SET state = 'completed', completed_at = ?2 WHERE id = (${ready})
              AND NOT EXISTS (SELECT 1 FROM checked_students
                WHERE upload_id = ?1 AND outcome = 'left')`,
      args: [id, at],
    },
    tellIfChanged({ kind: "upload.completed", schoolId: schoolId as SchoolId, subject: id, at }),
    ...["slices", "checked_students"].map(forgetDone(id)),
    { sql: "SELECT state FROM uploads WHERE id = ?", args: [id] },
  ], "write");
  return results.at(-1)!.rows[0]!["state"] as UploadState;
}

function forgetDone(id: string): (table: string) => InStatement {
  return (table) => ({
    sql: `DELETE FROM ${table} WHERE upload_id =
            (SELECT id FROM uploads WHERE id = ? AND state = 'completed')`,
    args: [id],
  });
}
