/** Ending a purge without the bridges that never come back. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../shared/protocol.ts";
import { auditEntry, type Author } from "./control/audit.ts";
import type { PurgeWait } from "./purge-waits.ts";
import { finishPurges } from "./purge.ts";

/** What a bridge that comes back still has of the school stays where it is. */
export async function giveUpPurge(
  database: Client,
  school: { id: SchoolId; slug: string },
  waits: readonly PurgeWait[],
  by: Author,
): Promise<void> {
  const { id, slug } = school;
  const bridges = waits.map(({ bridge }) => bridge);
  await database.batch([
    {
      sql: `UPDATE commands SET outcome = 'done', done_at = ?, why = 'given up'
            WHERE school_id = ? AND type = 'purge' AND outcome IS NOT 'done'
              AND bridge IN (SELECT value FROM json_each(?))`,
      args: [by.at, id, JSON.stringify(bridges)],
    },
    auditEntry(by, id, "school.purge_given_up", { slug, bridges }),
  ], "write");
  await finishPurges(database, by.at);
}
