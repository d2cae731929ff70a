/**
 * The ledger: everything that happened on the bridges, once each, in the order of each bridge's own
 * numbers. It is evidence and never trimmed; it goes with its school.
 */
import type { Client, InStatement } from "@libsql/client";
import type { AnyEvent, LedgerEvent, ToldEvent } from "../../../shared/protocol.ts";

/** An event as a bridge told it, and what this worker understands of it. */
export interface NumberedEvent extends ToldEvent {
  hash: string;
  /** What every event has; `at` in the form in which instants are compared. */
  head: AnyEvent;
  /** `undefined`: of a type that this worker does not know. It is kept all the same. */
  event: LedgerEvent | undefined;
}

/** The hashes of those of these events that are in the ledger. */
export async function knownHashes(
  database: Client,
  bridgeId: string,
  numbers: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await database.execute({
    sql: `SELECT number, hash FROM ledger
          WHERE bridge_id = ? AND number IN (SELECT value FROM json_each(?))`,
    args: [bridgeId, JSON.stringify(numbers)],
  });
  return new Map(rows.map((row) => [Number(row["number"]), row["hash"] as string]));
}

/**
 * For the batch that takes a bridge's events, those of its schools: it fails when one of them was taken
 * meanwhile.
 */
export function recordEvents(bridgeId: string, events: readonly NumberedEvent[]): InStatement[] {
  if (events.length === 0) return [];
  const rows = events.map(({ number, hash, text, head }) => [
    ...[number, hash, head.schoolId, head.at, head.type, head.uploadId, text],
  ]);
  return [{
    sql: `INSERT INTO ledger (bridge_id, number, hash, school_id, at, type, upload_id, event)
          SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
            value ->> 6
          FROM json_each(?)`,
    args: [bridgeId, JSON.stringify(rows)],
  }];
}
