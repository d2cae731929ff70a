/**
 * What an administrator decides about an upload that stands still. The decision, what the bridge is
 * asked to do and the audit are one batch.
 */
import type { Client } from "@libsql/client";
import type { Command, SchoolId, UploadId } from "../../../shared/protocol.ts";
import { auditEntry, type Author } from "../control/audit.ts";
import { askFor } from "./commands.ts";
import { tellIfChanged } from "./occurrences.ts";

export interface Standing {
  id: UploadId;
  schoolId: SchoolId;
  name: string;
}

/** A parked upload goes on from where it was. */
export async function retryUpload(
  database: Client,
  upload: Standing,
  commandId: string,
  by: Author,
): Promise<void> {
  const { id, schoolId, name } = upload;
  await database.batch([
    {
      sql: `UPDATE uploads SET held_because = NULL,
              state = CASE WHEN next_offset = 0 THEN 'accepted' ELSE 'processing' END
            WHERE id = ? AND state = 'parked'`,
      args: [id],
    },
    askFor(resume(upload, commandId), by.at),
    auditEntry(by, schoolId, "upload.retried", { upload: id, name }),
  ], "write");
}

/**
 * A held or parked upload is given up: it is done, and `problem` is in its report.
 *
 * @param message what the report says of it
 */
export async function discardUpload(
  database: Client,
  upload: Standing,
  { commandId, reason, message }: { commandId: string; reason: string | null; message: string },
  by: Author,
): Promise<void> {
  const { id, schoolId, name } = upload;
  const standing = "state IN ('held', 'parked')";
  await database.batch([
    {
      sql: `INSERT INTO problems (upload_id, line, number, username, column_name, severity, code,
              message)
            SELECT id, 0, 0, '', '', 'error', 'discarded', ? FROM uploads
            WHERE id = ? AND ${standing}`,
      args: [message, id],
    },
    // Rows that waited for the end of the file are not applied.
    { sql: "DELETE FROM deferred_rows WHERE upload_id = ?", args: [id] },
    { sql: "DELETE FROM slices WHERE upload_id = ?", args: [id] },
    {
      sql: `UPDATE uploads SET state = 'discarded', completed_at = ?, deferred = 0
            WHERE id = ? AND ${standing}`,
      args: [by.at, id],
    },
    tellIfChanged({ kind: "upload.discarded", schoolId, subject: id, at: by.at }),
    askFor(resume(upload, commandId), by.at),
    auditEntry(by, schoolId, "upload.discarded", { upload: id, name, reason }),
  ], "write");
}

function resume({ id, schoolId }: Standing, commandId: string): Command {
  return { id: commandId, type: "resume", schoolId, uploadId: id };
}
