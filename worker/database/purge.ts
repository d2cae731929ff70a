/** Forgetting a school: every row of it in every table, save the audit trail. */
import type { Client, InStatement } from "@libsql/client";
import type { Command, SchoolId } from "../../shared/protocol.ts";
import { auditEntry, type Author } from "./control/audit.ts";
import { forgetDeleted } from "./client.ts";
import { bumpDirectory } from "./control/directory.ts";

/**
 * Each table with the rows of it that are the school's, children before what they are found by.
 * A test compares this with the tables of the database.
 */
export const schoolRows: Record<string, string> = {
  slices: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  problems: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  rejected_records: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  deferred_rows: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  checked_students: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  checks: "school_id = ?",
  rosters: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  revert_remains: "upload_id IN (SELECT id FROM uploads WHERE school_id = ?)",
  uploads: "school_id = ?",
  export_rows: "export_id IN (SELECT id FROM exports WHERE school_id = ?)",
  exports: "school_id = ?",
  schedules: "school_id = ?",
  verifications: "school_id = ?",
  student_changes: "school_id = ?",
  reverts: "school_id = ?",
  students: "school_id = ?",
  placements: "school_id = ?",
  figures: "school_id = ?",
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
  retentions: "school_id = ?",
  ssh_keys: "school_id = ?",
  schools: "id = ?",
};

/** So many rows go in one statement: a remote database ends a transaction that takes seconds. */
const ROWS = 5_000;

/**
 * Begins to purge a school. First its keys, and the bridge is asked to forget it, so that nobody gets
 * in; then the mass of its rows, in pieces. Cut off in the middle, it stands there without keys, and
 * purging it again goes on. The school itself goes when its bridge says that it is done.
 */
export async function purgeSchool(
  database: Client,
  school: { id: SchoolId; slug: string; name: string; bridge: string },
  commandId: string,
  by: Author,
): Promise<void> {
  const { id, slug, name, bridge } = school;
  const purge: Command = { id: commandId, type: "purge", schoolId: id };
  await database.batch([
    { sql: "DELETE FROM ssh_keys WHERE school_id = ?", args: [id] },
    // What else was asked for its sake is of no use any more.
    { sql: "DELETE FROM commands WHERE school_id = ? AND type <> 'purge'", args: [id] },
    {
      sql: `INSERT INTO commands (id, bridge, school_id, created_at, type, command)
            SELECT ?, ?, ?, ?, 'purge', ?
            WHERE NOT EXISTS (SELECT 1 FROM commands WHERE school_id = ? AND bridge = ?)`,
      args: [commandId, bridge, id, by.at, JSON.stringify(purge), id, bridge],
    },
    // Asked again where the bridge could not.
    {
      sql: `UPDATE commands SET done_at = NULL, outcome = NULL, why = NULL
            WHERE school_id = ? AND type = 'purge' AND outcome IS NOT NULL AND outcome <> 'done'`,
      args: [id],
    },
    {
      sql: "UPDATE schools SET deleted_at = coalesce(deleted_at, ?) WHERE id = ?",
      args: [by.at, id],
    },
    bumpDirectory,
    auditEntry(by, id, "school.purge_started", { slug, name }),
  ], "write");
  await keepPlaces(database, id);
  await deleteInPieces(database, id);
  // Children before what they are found by, as ever.
  const rest = Object.entries(schoolRows).filter(([table]) =>
    table !== "schools" && table !== "commands"
  );
  await database.batch(rest.map(([table, where]) => deletion(table, where, id)), "write");
  await forgetDeleted(database);
}

/** What happened goes with the school; that something did stays, so that the chains can be checked. */
async function keepPlaces(database: Client, id: SchoolId): Promise<void> {
  const piece: InStatement = {
    sql: `INSERT INTO ledger_gone (bridge_id, number, previous, hash)
          SELECT bridge_id, number, previous, hash FROM ledger AS l WHERE school_id = ?
            AND NOT EXISTS (SELECT 1 FROM ledger_gone AS g
              WHERE g.bridge_id = l.bridge_id AND g.number = l.number)
          LIMIT ${ROWS}`,
    args: [id],
  };
  while ((await database.execute(piece)).rowsAffected === ROWS);
}

/** The mass of a school's rows. What others are found by stays for the batch that comes after. */
async function deleteInPieces(database: Client, id: SchoolId): Promise<void> {
  for (const [table, where] of Object.entries(schoolRows)) {
    if (["schools", "uploads", "exports", "commands"].includes(table)) continue;
    const piece: InStatement = {
      sql: `DELETE FROM ${table} WHERE rowid IN
              (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${ROWS})`,
      args: [id],
    };
    while ((await database.execute(piece)).rowsAffected === ROWS);
  }
}

function deletion(table: string, where: string, id: number): InStatement {
  return { sql: `DELETE FROM ${table} WHERE ${where}`, args: [id] };
}

/** Ends the purges whose bridges have done their part: the school is gone, and its slug free. */
export async function finishPurges(database: Client, now: string): Promise<void> {
  const { rows: done } = await database.execute(
    `SELECT school_id FROM commands AS asked
     WHERE type = 'purge' AND done_at IS NOT NULL AND outcome = 'done'
       AND NOT EXISTS (SELECT 1 FROM commands AS open WHERE open.school_id = asked.school_id
         AND open.type = 'purge' AND open.outcome IS NOT 'done')`,
  );
  if (done.length === 0) return;
  const { rows: schools } = await database.execute({
    // One that was moved is only forgotten by the bridge before.
    sql: `SELECT id, slug, name FROM schools
          WHERE deleted_at IS NOT NULL AND id IN (SELECT value FROM json_each(?))`,
    args: [JSON.stringify(done.map((row) => row["school_id"]))],
  });
  for (const row of schools) {
    const id = Number(row["id"]) as SchoolId;
    const by = { actor: "bridge", at: now };
    // All of it, perhaps: the worker that began the purge may not have come to its end.
    await deleteInPieces(database, id);
    await database.batch([
      ...Object.entries(schoolRows).map(([table, where]) => deletion(table, where, id)),
      {
        sql: `INSERT INTO former_schools (id, slug, deleted_at) VALUES (?, ?, ?)
              ON CONFLICT (id) DO NOTHING`,
        args: [id, row["slug"] as string, now],
      },
      bumpDirectory,
      auditEntry(by, id, "school.deleted", { slug: row["slug"], name: row["name"] }),
    ], "write");
    await forgetDeleted(database);
  }
}
