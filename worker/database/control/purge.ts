/** Forgetting a school: every row of it in every table, save the audit trail. */
import type { Client, InStatement } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { auditEntry, type Author } from "./audit.ts";
import { forgetDeleted } from "../client.ts";
import { bumpDirectory } from "./directory.ts";

/**
 * Each table with the rows of it that are the school's, children before what they are found by.
 * A test compares this with the tables of the database.
 */
export const schoolRows: Record<string, string> = {
  slices: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  problems: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  rejected_records: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  roster_usernames: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  deferred_rows: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  uploads: "school_id = ?",
  export_rows: "export_id IN (SELECT id FROM exports WHERE school_id = ?)",
  exports: "school_id = ?",
  schedules: "school_id = ?",
  verifications: "school_id = ?",
  students: "school_id = ?",
  placements: "school_id = ?",
  files: "school_id = ?",
  commands: "school_id = ?",
  ledger: "school_id = ?",
  occurrences: "school_id = ?",
  webhook_deliveries: "school_id = ?",
  webhooks: "school_id = ?",
  notices: "school_id = ?",
  mails: "school_id = ?",
  contacts: "school_id = ?",
  watches: "school_id = ?",
  ssh_keys: "school_id = ?",
  schools: "id = ?",
};

/** So many rows go in one statement: a remote database ends a transaction that takes seconds. */
const ROWS = 5_000;

/**
 * Purges a school. First its keys, so that nobody gets in; then the mass of its rows, in pieces; then
 * the rest with the school itself. Cut off in the middle, the school stands there without keys, and
 * purging it again goes on.
 */
export async function purgeSchool(
  database: Client,
  school: { id: SchoolId; slug: string; name: string },
  by: Author,
): Promise<void> {
  const { id, slug, name } = school;
  await database.batch([
    { sql: "DELETE FROM ssh_keys WHERE school_id = ?", args: [id] },
    bumpDirectory,
    auditEntry(by, id, "school.purge_started", { slug, name }),
  ], "write");
  for (const [table, where] of Object.entries(schoolRows)) {
    // What others are found by stays until the last batch, which takes what came meanwhile.
    if (["schools", "uploads", "exports"].includes(table)) continue;
    const piece: InStatement = {
      sql: `DELETE FROM ${table} WHERE rowid IN
              (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${ROWS})`,
      args: [id],
    };
    while ((await database.execute(piece)).rowsAffected === ROWS);
  }
  await database.batch([
    ...Object.entries(schoolRows).map(([table, where]) => ({
      sql: `DELETE FROM ${table} WHERE ${where}`,
      args: [id],
    })),
    bumpDirectory,
    auditEntry(by, id, "school.deleted", { slug, name }),
  ], "write");
  await forgetDeleted(database);
}
