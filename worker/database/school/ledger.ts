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

/** The last event that was taken of a bridge; number 0 when there is none. */
export async function headOf(
  database: Client,
  bridgeId: string,
): Promise<{ number: number; hash: string }> {
  const { rows: [row] } = await database.execute({
    sql: "SELECT number, hash FROM bridges WHERE id = ?",
    args: [bridgeId],
  });
  return { number: Number(row?.["number"] ?? 0), hash: String(row?.["hash"] ?? "") };
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
 * For the batch that takes a bridge's events, first of all: it fails when one of them was taken
 * meanwhile. What is told of a school that is not the bridge's, or was deleted, is passed over.
 */
export function recordEvents(
  bridge: { id: string; name: string; protocol: number },
  events: readonly NumberedEvent[],
  now: string,
): InStatement[] {
  const last = events.at(-1);
  if (!last) return [];
  const rows = events.map(({ number, hash, text, head }) => [
    ...[number, hash, head.schoolId, head.at, head.type, head.uploadId, text],
  ]);
  return [
    {
      sql: `INSERT INTO ledger (bridge_id, number, hash, school_id, at, type, upload_id, event)
            SELECT ?, e.value ->> 0, e.value ->> 1, s.id, e.value ->> 3, e.value ->> 4,
              e.value ->> 5, e.value ->> 6
            FROM json_each(?) AS e CROSS JOIN schools AS s
              ON s.id = e.value ->> 2 AND s.bridge = ? AND s.deleted_at IS NULL`,
      args: [bridge.id, JSON.stringify(rows), bridge.name],
    },
    {
      sql:
        `INSERT INTO bridges (id, name, protocol, seen_at, number, hash) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash`,
      args: [bridge.id, bridge.name, bridge.protocol, now, last.number, last.hash],
    },
  ];
}
