/** What is asked of a bridge, until it says what became of it. */
import type { Client, InStatement, InValue, Row } from "@libsql/client";
import type { Command, CommandDone, SchoolId } from "../../../shared/protocol.ts";

/**
 * A bridge has at most so many commands of one school in hand, so that what fails for one school leaves
 * room for the others; and at most so many go in one answer.
 */
const PER_SCHOOL = 20;
const AT_ONCE = 100;

const insert = "INSERT INTO commands (id, bridge, school_id, created_at, type, command)";

/** For the batch of the change that needs it. */
export function askFor(command: Command, bridge: string, now: string): InStatement {
  return { sql: `${insert} VALUES (?, ?, ?, ?, ?, ?)`, args: values(command, bridge, now) };
}

/** Directly after the statement of the change that needs it: nothing, if that changed nothing. */
export function askIfChanged(command: Command, bridge: string, now: string): InStatement {
  return {
    sql: `${insert} SELECT ?, ?, ?, ?, ?, ? WHERE changes() > 0`,
    args: values(command, bridge, now),
  };
}

function values(command: Command, bridge: string, now: string): InValue[] {
  const { id, schoolId, type } = command;
  return [id, bridge, schoolId, now, type, JSON.stringify(command)];
}

/** Asks a bridge again for what it did not understand: it is another build now, perhaps. */
export async function askAgain(database: Client, bridge: string): Promise<void> {
  await database.execute({
    sql: `UPDATE commands SET outcome = NULL
          WHERE bridge = ? AND outcome = 'not_understood' AND done_at IS NULL`,
    args: [bridge],
  });
}

/**
 * The commands that a bridge does not have in hand, at most `room`, in turns of the schools. Files to
 * deliver come after the rest of a school's, as only they may take long and fail often.
 */
export function pendingCommands(bridge: string, has: readonly string[], room: number): InStatement {
  return {
    sql: `SELECT command FROM (
            SELECT id, created_at, command,
              row_number() OVER (PARTITION BY school_id
                ORDER BY type = 'deliver', created_at, id) AS turn
            FROM commands WHERE bridge = ? AND done_at IS NULL AND outcome IS NULL)
          WHERE turn <= ${PER_SCHOOL} AND id NOT IN (SELECT value FROM json_each(?))
          ORDER BY turn, created_at, id LIMIT ?`,
    args: [bridge, JSON.stringify(has), Math.min(room, AT_ONCE)],
  };
}

/** The commands from what `pendingCommands` found, as they were written: the bridge reads them. */
export function readCommands(rows: Row[]): unknown[] {
  return rows.map((row) => JSON.parse(row["command"] as string));
}

/** What became of a command can be looked up for so long, in milliseconds; the audit says who asked. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** So many are trimmed at a time: a remote database ends a transaction that takes seconds. */
const TRIMMED = 500;

/**
 * For the batch that takes a bridge's acknowledgements. The first outcome of a command stays. Commands
 * that ended 30 days ago are trimmed, save those that purge a school: they go with it.
 *
 * @param now ISO 8601 UTC
 */
export function recordOutcomes(
  bridge: string,
  done: readonly CommandDone[],
  now: string,
): InStatement[] {
  if (done.length === 0) return [];
  return [{
    sql: `UPDATE commands SET outcome = d.value ->> '$.outcome', why = d.value ->> '$.why',
            done_at = CASE WHEN d.value ->> '$.outcome' = 'not_understood' THEN NULL
              ELSE d.value ->> '$.at' END
          FROM json_each(?) AS d
          WHERE commands.id = d.value ->> '$.id' AND commands.bridge = ?
            AND commands.done_at IS NULL`,
    args: [JSON.stringify(done), bridge],
  }, {
    sql: `DELETE FROM commands WHERE rowid IN (SELECT rowid FROM commands
            WHERE bridge = ? AND done_at IS NOT NULL AND type <> 'purge' AND done_at < ?
            LIMIT ${TRIMMED})`,
    args: [bridge, new Date(Date.parse(now) - KEPT_MS).toISOString()],
  }];
}

/** The paths of files that a bridge is asked to remove and has not said anything about yet. */
export async function removalsAskedFor(database: Client, schoolId: SchoolId): Promise<string[]> {
  const { rows } = await database.execute({
    sql: `SELECT command ->> '$.path' AS path FROM commands
          WHERE school_id = ? AND type = 'remove' AND done_at IS NULL`,
    args: [schoolId],
  });
  return rows.map((row) => row["path"] as string);
}
