/**
 * What an administrator decides about an upload that stands still. The decision, what the bridge is
 * asked to do and the audit are one batch.
 */
import type { Client, InStatement } from "@libsql/client";
import type { Command, SchoolId, UploadId } from "../../../shared/protocol.ts";
import { auditIfChanged, type Author } from "../control/audit.ts";
import type { Release } from "../../roster/decision.ts";
import type { Terms } from "../../roster/terms.ts";
import { askIfChanged } from "./commands.ts";
import { type Kind, tellIfChanged } from "./occurrences.ts";

export interface UndecidedUpload {
  id: UploadId;
  schoolId: SchoolId;
  name: string;
  /** The bridge that has its bytes. */
  bridge: string;
}

/**
 * A parked upload is tried again: one of which rows are applied goes on from where it was, any other
 * from its beginning, with a check of the students as they are now where it needs one.
 *
 * @param terms of that check; `undefined`: it needs none
 * @returns false when it is not parked any more
 */
export async function retryUpload(
  database: Client,
  upload: UndecidedUpload,
  { terms, commandId, reason }: {
    terms: Terms | undefined;
    commandId: string;
    reason: string | null;
  },
  by: Author,
): Promise<boolean> {
  const { id, name } = upload;
  const again = terms ? beginAgain(id, terms) : [];
  const results = await database.batch([
    ...again,
    {
      sql: `UPDATE uploads SET held_because = NULL,
              state = CASE WHEN next_offset = 0 THEN 'accepted' ELSE 'processing' END
            WHERE id = ? AND state = 'parked'`,
      args: [id],
    },
    tellAgain("upload.retried", upload, commandId, by),
    ...decided(upload, commandId, by, "upload.retried", { upload: id, name, reason }),
  ], "write");
  return results[again.length]!.rowsAffected > 0;
}

/** A parked upload of which no row is applied has its check before it; a release of it stays. */
function beginAgain(id: UploadId, terms: Terms): InStatement[] {
  const unapplied = "id = ? AND state = 'parked' AND (pass = 'check' OR next_offset = 0)";
  return [
    {
      sql: `INSERT INTO checks (upload_id, school_id, terms)
            SELECT id, school_id, ? FROM uploads WHERE ${unapplied}
            ON CONFLICT (upload_id) DO UPDATE SET terms = excluded.terms, unnamed = 0`,
      args: [JSON.stringify(terms), id],
    },
    ...forgetChecked(id, `(SELECT id FROM uploads WHERE ${unapplied})`),
    { sql: `UPDATE uploads SET pass = 'check', next_offset = 0 WHERE ${unapplied}`, args: [id] },
  ];
}

/** What the check of an upload came to so far. @param which its id, if it is to be forgotten of it */
function forgetChecked(id: UploadId, which: string): InStatement[] {
  const tables = ["problems", "rejected_records", "rosters", "checked_students", "slices"];
  return [...tables, "deferred_rows"].map((table) => ({
    sql: `DELETE FROM ${table} WHERE upload_id = ${which}`,
    args: [id],
  }));
}

/**
 * A held or parked upload is given up: it is done, and `problem` is in its report.
 *
 * @param message what the report says of it
 * @returns false when it stands still no more: somebody else decided, and nothing was changed
 */
export async function discardUpload(
  database: Client,
  upload: UndecidedUpload,
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
            SELECT id, 0, (SELECT coalesce(max(number) + 1, 0) FROM problems
                WHERE upload_id = ?2 AND line = 0), '', '', 'error', 'discarded', ?1
            FROM uploads WHERE id = ?2 AND ${standing}`,
      args: [message, id],
    },
    // Rows that waited for the end of the file are not applied.
    ...["deferred_rows", "slices", "checked_students"].map(rowsOf),
    {
      sql: `UPDATE rosters SET deferred = 0
            WHERE upload_id = (SELECT id FROM uploads WHERE id = ? AND ${standing})`,
      args: [id],
    },
    {
      // What was only checked came to nothing.
      sql: `UPDATE rosters SET added = 0, updated = 0, unchanged = 0, students_left = 0,
              students_returned = 0
            WHERE upload_id =
              (SELECT id FROM uploads WHERE id = ? AND pass = 'check' AND ${standing})`,
      args: [id],
    },
    {
      sql: `UPDATE checks SET is_paused = 0
            WHERE upload_id = (SELECT id FROM uploads WHERE id = ? AND ${standing})`,
      args: [id],
    },
    {
      sql: `UPDATE uploads SET state = 'discarded', completed_at = ?, held_because = NULL
            WHERE id = ? AND ${standing}`,
      args: [by.at, id],
    },
    tellIfChanged({ kind: "upload.discarded", schoolId, subject: id, at: by.at }),
    ...decided(upload, commandId, by, "upload.discarded", { upload: id, name, reason }),
  ], "write");
  return added!.rowsAffected > 0;
}

/**
 * A held upload is checked again, from its beginning: released, or because a pause is over; then what
 * overtakes it until its check ends is still heeded. What it came to before is forgotten.
 *
 * @param check the terms from here on, and who released it; nobody: it is judged as if it came now
 * @returns false when it is not held any more
 */
export async function checkAgain(
  database: Client,
  upload: UndecidedUpload,
  check: { terms: Terms; release: Release | null; commandId: string },
  by: Author,
): Promise<boolean> {
  const { id, name } = upload;
  const { terms, release, commandId } = check;
  const held = "(SELECT id FROM uploads WHERE id = ? AND state = 'held')";
  const results = await database.batch([
    {
      sql: `UPDATE checks SET terms = ?, release = ?, unnamed = 0, is_paused = is_paused AND ?
            WHERE upload_id = ${held}`,
      args: [JSON.stringify(terms), release && JSON.stringify(release), release ? 0 : 1, id],
    },
    ...forgetChecked(id, held),
    {
      sql: `UPDATE uploads SET state = 'checking', pass = 'check', next_offset = 0,
              held_because = NULL WHERE id = ? AND state = 'held'`,
      args: [id],
    },
    tellAgain(release ? "upload.released" : "upload.checking", upload, commandId, by),
    ...decided(upload, commandId, by, release ? "upload.released" : "upload.pause_ended", {
      upload: id,
      name,
      ...(release ? { withoutRemovals: release.withoutRemovals, reason: release.reason } : {}),
    }),
  ], "write");
  return results[0]!.rowsAffected > 0;
}

/** Directly after the decision, if that changed something; it may be decided so again. */
function tellAgain(
  kind: Extract<Kind, `upload.${string}`>,
  { id, schoolId }: UndecidedUpload,
  commandId: string,
  { at }: Author,
): InStatement {
  const once = `${kind}:${id}:${commandId}`;
  return tellIfChanged({ kind, schoolId, subject: id, at, once });
}

/** After what is told of the decision, if that changed something: the bridge asks again, and who decided. */
function decided(
  upload: UndecidedUpload,
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

function resume({ id, schoolId }: UndecidedUpload, commandId: string): Command {
  return { id: commandId, type: "resume", schoolId, uploadId: id };
}
