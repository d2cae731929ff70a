/** Moving a school to another bridge: its people come there from then on, and its home begins empty. */
import type { Client } from "@libsql/client";
import type { Command, SchoolId } from "../../shared/protocol.ts";
import { auditEntry, type Author } from "./control/audit.ts";
import { bumpDirectory } from "./control/directory.ts";
import { askFor } from "./school/commands.ts";

export interface Home {
  /** As its bridge told of them. */
  files: number;
  /** Accepted and not done, held and parked ones too. */
  unfinished: number;
  /** Bridges that it was moved away from and that have not forgotten it yet. */
  leaving: string[];
}

/** What a school has on its bridge, and on those before it. */
export async function homeOf(database: Client, schoolId: SchoolId): Promise<Home> {
  const [files, uploads, leaving] = await database.batch([
    { sql: "SELECT count(*) FROM files WHERE school_id = ?", args: [schoolId] },
    {
      sql: `SELECT count(*) FROM uploads WHERE school_id = ?
              AND state IN ('accepted', 'checking', 'processing', 'held', 'parked')`,
      args: [schoolId],
    },
    {
      sql: `SELECT bridge FROM commands WHERE school_id = ? AND type = 'purge'
              AND outcome IS NOT 'done'`,
      args: [schoolId],
    },
  ], "read");
  return {
    files: Number(files!.rows[0]![0]),
    unfinished: Number(uploads!.rows[0]![0]),
    leaving: leaving!.rows.map((row) => String(row["bridge"])),
  };
}

/**
 * Moves it. The bridge before is asked to forget the school, with all files and their key; what else was
 * asked of it, such as exports to deliver, is asked of the new one.
 */
export async function moveSchool(
  database: Client,
  school: { id: SchoolId; bridge: string },
  to: string,
  commandId: string,
  by: Author,
): Promise<void> {
  const { id, bridge } = school;
  const purge: Command = { id: commandId, type: "purge", schoolId: id };
  await database.batch([
    { sql: "UPDATE schools SET bridge = ? WHERE id = ?", args: [to, id] },
    bumpDirectory,
    {
      sql: `UPDATE commands SET bridge = ?, outcome = NULL WHERE school_id = ? AND type <> 'purge'
              AND done_at IS NULL`,
      args: [to, id],
    },
    askFor(purge, bridge, by.at),
    // So that it is asked anew when the school leaves again.
    {
      sql: "DELETE FROM commands WHERE school_id = ? AND type = 'purge' AND bridge = ?",
      args: [id, to],
    },
    { sql: "DELETE FROM files WHERE school_id = ?", args: [id] },
    auditEntry(by, id, "school.moved", { from: bridge, to }),
  ], "write");
}
