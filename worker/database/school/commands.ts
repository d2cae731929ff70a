/** What the bridge is to do; told in each sync until it is done. */
import type { InStatement, Row } from "@libsql/client";
import * as v from "valibot";
import { Command, type CommandDone } from "../../../shared/protocol.ts";

/** At most so many commands go in one answer, the oldest first. */
const PENDING = 100;

/** For the batch of a sync. A command that was done before keeps its time. */
export function recordDone(done: readonly CommandDone[]): InStatement[] {
  if (done.length === 0) return [];
  return [{
    sql: `UPDATE commands SET done_at = json_extract(d.value, '$.at') FROM json_each(?) AS d
          WHERE commands.id = json_extract(d.value, '$.id') AND commands.done_at IS NULL`,
    args: [JSON.stringify(done)],
  }];
}

export const pendingCommands: InStatement = {
  sql: `SELECT command FROM commands WHERE done_at IS NULL ORDER BY created_at, id LIMIT ?`,
  args: [PENDING],
};

/** The commands from what `pendingCommands` found. */
export function readCommands(rows: Row[]): Command[] {
  return rows.map((row) => v.parse(Command, JSON.parse(row["command"] as string)));
}
