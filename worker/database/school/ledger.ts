/** The ledger: everything that happened on the bridge, once each. */
import type { InStatement } from "@libsql/client";
import type { LedgerEvent } from "../../../shared/protocol.ts";

/**
 * For the batch that takes the bridge's events, at its end: events that are there already, or whose
 * school was deleted, are passed over.
 */
export function recordEvents(events: readonly LedgerEvent[]): InStatement[] {
  if (events.length === 0) return [];
  return [{
    sql: `INSERT OR IGNORE INTO ledger (id, school_id, at, type, event)
          SELECT json_extract(e.value, '$.id'), s.id, json_extract(e.value, '$.at'),
            json_extract(e.value, '$.type'), e.value
          FROM json_each(?) AS e CROSS JOIN schools AS s ON s.id = json_extract(e.value, '$.schoolId')`,
    args: [JSON.stringify(events)],
  }];
}
