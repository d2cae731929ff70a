/** What was removed from a home, and by whom. */
import type { Client } from "@libsql/client";
import type { LedgerEvent, SchoolId, Sender } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";

export interface Removal {
  path: string;
  /** Bytes. */
  size: number;
  /** ISO 8601 UTC. */
  at: string;
  /** Whose session removed it; `null`: the service, as an administrator asked it to, or of itself. */
  sender: Sender | null;
}

/** What orders the list: when, and which event of which bridge. */
export type RemovalKey = [string, string, number];

export const removalsQuery = `SELECT bridge_id, number, at, event FROM ledger
  WHERE school_id = ? AND type = 'file' AND event ->> '$.state' = 'removed'
    AND (at, bridge_id, number) < (?, ?, ?)
  ORDER BY at DESC, bridge_id DESC, number DESC LIMIT ?`;

/** Newest first; one row more than the page has. */
export async function listRemovals(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<RemovalKey>,
): Promise<(Removal & { key: RemovalKey })[]> {
  // Later than any instant there is.
  const [at, bridge, number] = after ?? ["~", "", 0];
  const { rows } = await database.execute({
    sql: removalsQuery,
    args: [schoolId, at, bridge, number, limit + 1],
  });
  return rows.map((row) => {
    const told = JSON.parse(row["event"] as string) as Extract<LedgerEvent, { type: "file" }>;
    const { path, size, sender } = told;
    const when = row["at"] as string;
    return {
      ...{ path, size, at: when, sender: sender ?? null },
      key: [when, row["bridge_id"] as string, Number(row["number"])],
    };
  });
}
