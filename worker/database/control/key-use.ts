/** When a school's key was last used, told by its bridge. */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { InStatement } from "@libsql/client";
import type { NumberedEvent } from "../school/ledger.ts";

/** For the batch that takes a bridge's events, those of its schools. */
export function recordKeyUse(events: readonly NumberedEvent[]): InStatement[] {
  const latest = new Map<
    string,
    { schoolId: SchoolId; fingerprint: string; at: string; address: string }
  >();
  for (const { head, event } of events) {
    if (event?.type !== "login") continue;
    const { fingerprint, address } = event.sender;
    const use = { schoolId: head.schoolId, fingerprint, at: head.at, address };
    const known = latest.get(fingerprint);
    if (!known || known.at <= use.at) latest.set(fingerprint, use);
  }
  if (latest.size === 0) return [];
  return [{
    sql: `UPDATE ssh_keys SET last_used_at = used.value ->> 'at',
            last_used_from = used.value ->> 'address'
          FROM json_each(?) AS used
          WHERE ssh_keys.fingerprint = used.value ->> 'fingerprint'
            AND school_id = used.value ->> 'schoolId'
            AND coalesce(last_used_at, '') < used.value ->> 'at'`,
    args: [JSON.stringify([...latest.values()])],
  }];
}
