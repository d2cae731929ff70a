/** Webhooks: where what happens is sent, of one school or of all. */
import type { Client, InStatement, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import type { Author } from "./audit.ts";

/** `off`: an administrator switched it off; `gone`: its receiver answered 410. */
export type WebhookState = "on" | "off" | "gone";

export interface Webhook {
  id: string;
  /** The school's slug; `null`: of all schools. */
  school: string | null;
  url: string;
  /** `null`: every kind of occurrence. */
  kinds: string[] | null;
  description: string;
  state: WebhookState;
  /** How often it has failed since it last worked. */
  failures: number;
  /** Until when nothing is sent because of that. */
  readyAt: string | null;
  /** Until when the secret before signs as well. */
  previousUntil: string | null;
  createdAt: string;
}

export interface NewWebhook {
  id: string;
  schoolId: SchoolId | null;
  url: string;
  kinds: readonly string[] | null;
  description: string;
  secret: string;
}

export async function addWebhook(
  database: Client,
  { id, schoolId, url, kinds, description, secret }: NewWebhook,
  by: Author,
): Promise<void> {
  await database.batch([
    {
      sql: `INSERT INTO webhooks (id, school_id, url, kinds, description, state, secret, created_at)
            VALUES (?, ?, ?, ?, ?, 'on', ?, ?)`,
      args: [id, schoolId, url, kinds && JSON.stringify(kinds), description, secret, by.at],
    },
    auditWebhook(by, "webhook.added", id, { url, kinds }),
  ], "write");
}

const columns = `w.id, s.slug, w.url, w.kinds, w.description, w.state, w.failures, w.ready_at,
  w.previous_until, w.created_at`;
const source = "webhooks AS w LEFT JOIN schools AS s ON s.id = w.school_id";

export async function webhookById(database: Client, id: string): Promise<Webhook | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT ${columns} FROM ${source} WHERE w.id = ?`,
    args: [id],
  });
  return row && readWebhook(row);
}

/** Newest first; one row more than the page has. */
export async function listWebhooks(
  database: Client,
  { limit, after }: Page<[string, string]>,
): Promise<Webhook[]> {
  // Later than any instant there is.
  const [createdAt, id] = after ?? ["~", ""];
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM ${source} WHERE (w.created_at, w.id) < (?, ?)
          ORDER BY w.created_at DESC, w.id DESC LIMIT ?`,
    args: [createdAt, id, limit + 1],
  });
  return rows.map(readWebhook);
}

export interface WebhookChange {
  url?: string | undefined;
  /** `null`: every kind. */
  kinds?: readonly string[] | null | undefined;
  description?: string | undefined;
  state?: "on" | "off" | undefined;
  /** A new secret, and until when the one before signs as well. */
  rotation?: { secret: string; previousUntil: string } | undefined;
}

/** A change takes back what was held off because of failures: it is tried again at once. */
export async function changeWebhook(
  database: Client,
  id: string,
  { url, kinds, description, state, rotation }: WebhookChange,
  by: Author,
): Promise<void> {
  const changed = { url, kinds, description, state, secret: rotation ? "rotated" : undefined };
  await database.batch([
    {
      sql: `UPDATE webhooks SET url = coalesce(?, url), description = coalesce(?, description),
              state = coalesce(?, state), kinds = CASE WHEN ? THEN ? ELSE kinds END,
              failures = 0, ready_at = NULL
            WHERE id = ?`,
      args: [
        url ?? null,
        description ?? null,
        state ?? null,
        kinds === undefined ? 0 : 1,
        kinds ? JSON.stringify(kinds) : null,
        id,
      ],
    },
    ...(rotation
      ? [{
        sql: `UPDATE webhooks SET previous_secret = secret, previous_until = ?, secret = ?
              WHERE id = ?`,
        args: [rotation.previousUntil, rotation.secret, id],
      }]
      : []),
    auditWebhook(by, "webhook.changed", id, changed),
  ], "write");
}

/** Its deliveries go with it. */
export async function deleteWebhook(database: Client, id: string, by: Author): Promise<void> {
  await database.batch([
    auditWebhook(by, "webhook.removed", id, {}),
    { sql: "DELETE FROM webhook_deliveries WHERE webhook_id = ?", args: [id] },
    { sql: "DELETE FROM webhooks WHERE id = ?", args: [id] },
  ], "write");
}

/** For a batch; nothing without the webhook. The address is an administrator's own words and no secret of a school. */
export function auditWebhook(
  by: Author,
  action: string,
  id: string,
  detail: Record<string, unknown>,
): InStatement {
  return {
    sql: `INSERT INTO audit (at, school_id, actor, action, detail)
          SELECT ?, school_id, ?, ?, ? FROM webhooks WHERE id = ?`,
    args: [by.at, by.actor, action, JSON.stringify({ webhook: id, ...detail }), id],
  };
}

function readWebhook(row: Row): Webhook {
  const kinds = row["kinds"] as string | null;
  return {
    id: row["id"] as string,
    school: row["slug"] as string | null,
    url: row["url"] as string,
    kinds: kinds === null ? null : JSON.parse(kinds),
    description: row["description"] as string,
    state: row["state"] as WebhookState,
    failures: Number(row["failures"]),
    readyAt: row["ready_at"] as string | null,
    previousUntil: row["previous_until"] as string | null,
    createdAt: row["created_at"] as string,
  };
}
