/**
 * What is sent to webhooks, each with its attempts. A delivery that waits is leased to the worker that
 * sends it; when that one dies, the lease runs out and another sends it, under the same id. Finished
 * deliveries are kept for 30 days.
 */
import type { Client, InStatement, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import type { Lease } from "./lease.ts";

export interface NewDelivery {
  id: string;
  webhookId: string;
  schoolId: SchoolId;
  /** The `webhook-id` of the message, the same at each attempt. */
  messageId: string;
  kind: string;
  body: string;
}

/** For a batch; what is there already stays as it is. All are due at once. */
export function addDeliveries(
  deliveries: readonly NewDelivery[],
  { now, giveUpAt }: { now: string; giveUpAt: string },
): InStatement {
  return {
    sql: `INSERT INTO webhook_deliveries (id, webhook_id, school_id, message_id, kind, body, state,
            created_at, give_up_at, due_at)
          SELECT value ->> 'id', value ->> 'webhookId', value ->> 'schoolId', value ->> 'messageId',
            value ->> 'kind', value ->> 'body', 'waiting', ?, ?, ?
          FROM json_each(?) WHERE true ON CONFLICT (id) DO NOTHING`,
    args: [now, giveUpAt, now, JSON.stringify(deliveries)],
  };
}

/** A webhook with deliveries that are due, as its sender needs it. */
export interface Receiver {
  id: string;
  url: string;
  secret: string;
  /** The secret before, while it signs as well. */
  previousSecret: string | null;
  failures: number;
}

export const receiversQuery = `SELECT id, url, secret, failures,
    CASE WHEN previous_until > ?1 THEN previous_secret END AS previous_secret
  FROM webhooks WHERE state = 'on' AND (ready_at IS NULL OR ready_at <= ?1)
    AND id NOT IN (SELECT value FROM json_each(?2))
    AND EXISTS (SELECT 1 FROM webhook_deliveries AS d WHERE d.webhook_id = webhooks.id
      AND d.due_at <= ?1 AND (d.leased_until IS NULL OR d.leased_until <= ?1))
  LIMIT ?3`;

/** @param others ids of webhooks that are left out */
export async function receivers(
  database: Client,
  now: string,
  others: readonly string[],
  limit: number,
): Promise<Receiver[]> {
  const { rows } = await database.execute({
    sql: receiversQuery,
    args: [now, JSON.stringify(others), limit],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    url: row["url"] as string,
    secret: row["secret"] as string,
    previousSecret: row["previous_secret"] as string | null,
    failures: Number(row["failures"]),
  }));
}

export interface LeasedDelivery {
  id: string;
  messageId: string;
  body: string;
  /** How often it was taken in hand, this time included. */
  tries: number;
  giveUpAt: string;
}

export const leaseQuery = `UPDATE webhook_deliveries
  SET lease = ?1, leased_until = ?2, tries = tries + 1
  WHERE id IN (SELECT id FROM webhook_deliveries WHERE webhook_id = ?3 AND due_at <= ?4
    AND (leased_until IS NULL OR leased_until <= ?4) ORDER BY due_at, id LIMIT ?5)
  RETURNING id, message_id, body, tries, give_up_at`;

/** Takes deliveries in hand that nobody else has; the oldest first. */
export async function leaseDeliveries(
  database: Client,
  webhookId: string,
  lease: Lease,
  limit: number,
): Promise<LeasedDelivery[]> {
  const { rows } = await database.execute({
    sql: leaseQuery,
    args: [lease.id, lease.until, webhookId, lease.now, limit],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    messageId: row["message_id"] as string,
    body: row["body"] as string,
    tries: Number(row["tries"]),
    giveUpAt: row["give_up_at"] as string,
  }));
}

/** Gives back what was taken in hand and not tried to its end. */
export async function releaseDeliveries(database: Client, lease: Lease): Promise<void> {
  await database.execute({
    sql: `UPDATE webhook_deliveries SET lease = NULL, leased_until = NULL, tries = tries - 1
          WHERE lease = ?`,
    args: [lease.id],
  });
}

/** One attempt: the receiver's status, or why there was none. */
export interface Attempt {
  at: string;
  status: number | null;
  problem: string | null;
  milliseconds: number;
}

/** So many attempts of a delivery are kept, the last ones. */
const ATTEMPTS = 30;
const withAttempt = `json_insert(
  CASE WHEN json_array_length(attempts) >= ${ATTEMPTS} THEN json_remove(attempts, '$[0]')
    ELSE attempts END, '$[#]', json(?))`;

/** An attempt that came to no end: the receiver may have taken it, and the delivery stays in hand. */
export async function recordAttempt(
  database: Client,
  { deliveryId, lease, attempt }: Pick<SettledDelivery, "deliveryId" | "lease" | "attempt">,
): Promise<void> {
  await database.execute({
    sql: `UPDATE webhook_deliveries SET attempts = ${withAttempt} WHERE id = ? AND lease = ?`,
    args: [JSON.stringify(attempt), deliveryId, lease.id],
  });
}

export interface SettledDelivery {
  webhookId: string;
  deliveryId: string;
  lease: Lease;
  attempt: Attempt;
  /** `again`: due at `dueAt`. */
  outcome: "delivered" | "failed" | "again";
  dueAt: string | null;
  /** What the webhook itself comes to: how often it failed in a row, and until when it is left alone. */
  webhook: { failures: number; readyAt: string | null; isGone: boolean };
}

/** Writes down what came of an attempt. Nothing when the lease ran out and another has it now. */
export async function settleDelivery(database: Client, delivery: SettledDelivery): Promise<void> {
  const { webhookId, deliveryId, lease, attempt, outcome, dueAt, webhook } = delivery;
  const held = "id = ? AND lease = ?";
  await database.batch([
    {
      sql: `UPDATE webhooks SET failures = ?, ready_at = ?,
              state = CASE WHEN ? AND state = 'on' THEN 'gone' ELSE state END
            WHERE id = ? AND EXISTS (SELECT 1 FROM webhook_deliveries WHERE ${held})`,
      args: [
        webhook.failures,
        webhook.readyAt,
        webhook.isGone ? 1 : 0,
        webhookId,
        deliveryId,
        lease.id,
      ],
    },
    {
      sql: `UPDATE webhook_deliveries SET attempts = ${withAttempt},
              state = ?, due_at = ?, finished_at = ?, lease = NULL, leased_until = NULL
            WHERE ${held}`,
      args: [
        JSON.stringify(attempt),
        outcome === "again" ? "waiting" : outcome,
        outcome === "again" ? dueAt : null,
        outcome === "again" ? null : attempt.at,
        deliveryId,
        lease.id,
      ],
    },
  ], "write");
}

export interface StoredDelivery {
  id: string;
  messageId: string;
  kind: string;
  school: string | null;
  state: "waiting" | "delivered" | "failed";
  createdAt: string;
  /** When it is tried next. */
  dueAt: string | null;
  finishedAt: string | null;
  attempts: Attempt[];
  body: string;
}

const listed = `SELECT d.id, d.message_id, d.kind, s.slug, d.state, d.created_at, d.due_at,
    d.finished_at, d.attempts, d.body
  FROM webhook_deliveries AS d LEFT JOIN schools AS s ON s.id = d.school_id`;

/** Newest first; one row more than the page has. */
export async function listDeliveries(
  database: Client,
  webhookId: string,
  { limit, after }: Page<[string, string]>,
  state?: string,
): Promise<StoredDelivery[]> {
  const [createdAt, id] = after ?? ["~", ""];
  const { rows } = await database.execute({
    sql: `${listed} WHERE d.webhook_id = ?1 AND (d.created_at, d.id) < (?2, ?3)
            AND (?4 IS NULL OR d.state = ?4)
          ORDER BY d.created_at DESC, d.id DESC LIMIT ?5`,
    args: [webhookId, createdAt, id, state ?? null, limit + 1],
  });
  return rows.map(readDelivery);
}

export interface Replay {
  webhookId: string;
  now: string;
  giveUpAt: string;
}

const again = `UPDATE webhook_deliveries SET state = 'waiting', due_at = ?, give_up_at = ?,
  tries = 0, finished_at = NULL, lease = NULL, leased_until = NULL WHERE webhook_id = ?`;

/** Sends one again, whatever became of it before. False: there is none. */
export async function replayDelivery(
  database: Client,
  deliveryId: string,
  replay: Replay,
  audit: InStatement,
): Promise<boolean> {
  const { webhookId, now, giveUpAt } = replay;
  const [replayed] = await database.batch([
    { sql: `${again} AND id = ?`, args: [now, giveUpAt, webhookId, deliveryId] },
    ready(webhookId),
    audit,
  ], "write");
  return replayed!.rowsAffected > 0;
}

/** Sends again what failed since an instant, up to so many. @returns how many */
export async function replayFailed(
  database: Client,
  since: string,
  limit: number,
  { webhookId, now, giveUpAt }: Replay,
  audit: InStatement,
): Promise<number> {
  const [replayed] = await database.batch([
    {
      sql: `${again} AND id IN (SELECT id FROM webhook_deliveries WHERE webhook_id = ?
              AND state = 'failed' AND created_at >= ? ORDER BY created_at, id LIMIT ?)`,
      args: [now, giveUpAt, webhookId, webhookId, since, limit],
    },
    ready(webhookId),
    audit,
  ], "write");
  return replayed!.rowsAffected;
}

function ready(webhookId: string): InStatement {
  return {
    sql: "UPDATE webhooks SET failures = 0, ready_at = NULL WHERE id = ?",
    args: [webhookId],
  };
}

/** Forgets deliveries that were finished before an instant; so many at a time. */
export async function trimDeliveries(
  database: Client,
  before: string,
  limit: number,
): Promise<void> {
  await database.execute({
    sql: `DELETE FROM webhook_deliveries WHERE rowid IN
      (SELECT rowid FROM webhook_deliveries WHERE finished_at < ? LIMIT ?)`,
    args: [before, limit],
  });
}

function readDelivery(row: Row): StoredDelivery {
  return {
    id: row["id"] as string,
    messageId: row["message_id"] as string,
    kind: row["kind"] as string,
    school: row["slug"] as string | null,
    state: row["state"] as StoredDelivery["state"],
    createdAt: row["created_at"] as string,
    dueAt: row["due_at"] as string | null,
    finishedAt: row["finished_at"] as string | null,
    attempts: JSON.parse(row["attempts"] as string),
    body: row["body"] as string,
  };
}
