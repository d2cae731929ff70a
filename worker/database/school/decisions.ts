/**
 * What an administrator decides about an upload that stands still. The decision, what the bridge is
 * asked to do and the audit are one batch.
 */
import type { Client, InStatement } from "@libsql/client";
import type { Command, SchoolId, UploadId } from "../../../shared/protocol.ts";
import { auditIfChanged, type Author } from "../control/audit.ts";
import { askIfChanged } from "./commands.ts";
import { tellIfChanged } from "./occurrences.ts";

export interface Standing {
  id: UploadId;
  schoolId: SchoolId;
  name: string;
  /** The bridge that has its bytes. */
  bridge: string;
}

/** A parked upload goes on from where it was. @returns false when it is not parked any more */
export async function retryUpload(
  database: Client,
  upload: Standing,
  commandId: string,
  by: Author,
): Promise<boolean> {
  const { id, name } = upload;
  const [changed] = await database.batch([
    {
      sql: `UPDATE uploads SET held_because = NULL,
              state = CASE WHEN next_offset = 0 THEN 'accepted' ELSE 'processing' END
            WHERE id = ? AND state = 'parked'`,
      args: [id],
    },
    ...decided(upload, commandId, by, "upload.retried", { upload: id, name }),
  ], "write");
  return changed!.rowsAffected > 0;
}

/**
 * A held or parked upload is given up: it is done, and `problem` is in its report.
 *
 * @param message what the report says of it
 * @returns false when it stands still no more: somebody else decided, and nothing was changed
 */
export async function discardUpload(
  database: Client,
  upload: Standing,
  { commandId, reason, message }: { commandId: string; reason: string | null; message: string },
  by: Author,
): Promise<boolean> {
  const { id, schoolId, name } = upload;
  const standing = "state IN ('held', 'parked')";
  const rowsOf = (table: string): InStatement => ({
    sql: `DELETE FROM ${table}
          WHERE upload_id = (SELECT id FROM uploads WHERE id = ? AND ${standing})`,
    args: [id],
  });
  const [added] = await database.batch([
    {
      sql: `INSERT INTO problems (upload_id, line, number, username, column_name, severity, code,
              message)
            SELECT id, 0, 0, '', '', 'error', 'discarded', ? FROM uploads
            WHERE id = ? AND ${standing}`,
      args: [message, id],
    },
    // Rows that waited for the end of the file are not applied.
    ...["deferred_rows", "slices"].map(rowsOf),
    {
      sql: `UPDATE rosters SET deferred = 0
            WHERE upload_id = (SELECT id FROM uploads WHERE id = ? AND ${standing})`,
      args: [id],
    },
    {
      sql: `UPDATE uploads SET state = 'discarded', completed_at = ?
            WHERE id = ? AND ${standing}`,
      args: [by.at, id],
    },
    tellIfChanged({ kind: "upload.discarded", schoolId, subject: id, at: by.at }),
    ...decided(upload, commandId, by, "upload.discarded", { upload: id, name, reason }),
  ], "write");
  return added!.rowsAffected > 0;
}

/** Directly after the decision, if that changed something: the bridge asks again, and who decided. */
function decided(
  upload: Standing,
  commandId: string,
  by: Author,
  action: string,
  detail: Record<string, unknown>,
): InStatement[] {
  const { schoolId } = upload;
  return [
    askIfChanged(resume(upload, commandId), upload.bridge, by.at),
    auditIfChanged(by, schoolId, action, detail),
  ];
}

function resume({ id, schoolId }: Standing, commandId: string): Command {
  return { id: commandId, type: "resume", schoolId, uploadId: id };
}
