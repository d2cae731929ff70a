/** A packed file that cannot be expanded: rejected whole, with a report, in the announcement's batch. */
import type { InStatement } from "@libsql/client";
import type { UploadAnnouncement } from "../../../shared/protocol.ts";
import type { Problem } from "../../roster/problems.ts";
import { tellIfChanged } from "./occurrences.ts";

/** Nothing of it was read: one that is under way had been read before, and is another matter. */
const unread = "state = 'accepted' AND next_offset = 0";

export function rejectUnread(
  { id, schoolId }: UploadAnnouncement,
  { line, code, severity, message }: Problem,
  at: string,
): InStatement[] {
  return [
    {
      sql: `INSERT INTO problems (upload_id, line, number, username, column_name, severity, code,
              message)
            SELECT id, ?, 0, '', '', ?, ?, ? FROM uploads
            WHERE id = ? AND school_id = ? AND ${unread}`,
      args: [line, severity, code, message, id, schoolId],
    },
    {
      sql: `INSERT INTO rosters (upload_id, problems)
            SELECT id, 1 FROM uploads WHERE id = ? AND school_id = ? AND ${unread}`,
      args: [id, schoolId],
    },
    {
      sql: `UPDATE uploads SET state = 'rejected', completed_at = ?
            WHERE id = ? AND school_id = ? AND ${unread}`,
      args: [at, id, schoolId],
    },
    tellIfChanged({ kind: "upload.rejected", schoolId, subject: id, at }),
  ];
}
