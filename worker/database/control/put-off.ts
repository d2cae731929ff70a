/**
 * What waits for a moment that is farther away than anything is ever put off: only a clock that ran
 * ahead can have written it. Once the clock is right nothing may wait for that.
 */
import type { Client } from "@libsql/client";

/** All ISO 8601 UTC. */
export interface Moments {
  now: string;
  /** Beyond this no webhook, no lease and no look at a school's files is put off. */
  farthest: string;
  /** Nor a mail beyond this. */
  farthestMail: string;
  /** When a delivery that begins to wait now is given up. */
  giveUpAt: string;
}

/** Lets all of it wait no longer. */
export async function endLongWaits(
  database: Client,
  { now, farthest, farthestMail, giveUpAt }: Moments,
): Promise<void> {
  await database.batch([
    { sql: "UPDATE webhooks SET ready_at = NULL WHERE ready_at > ?", args: [farthest] },
    {
      sql: `UPDATE webhook_deliveries SET due_at = ?, give_up_at = ?
            WHERE webhook_id IN (SELECT id FROM webhooks) AND due_at > ?`,
      args: [now, giveUpAt, farthest],
    },
    {
      // From when it was made it is tried for so many days.
      sql: "UPDATE mails SET due_at = ?1, created_at = min(created_at, ?1) WHERE due_at > ?2",
      args: [now, farthestMail],
    },
    ...["webhook_deliveries", "mails"].map((table) => ({
      sql: `UPDATE ${table} SET lease = NULL, leased_until = NULL
            WHERE lease IS NOT NULL AND leased_until > ?`,
      args: [farthest],
    })),
    { sql: "UPDATE retentions SET next_at = ? WHERE next_at > ?", args: [now, farthest] },
  ], "write");
}
