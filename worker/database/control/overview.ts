/** What the whole looks like at a glance: the part of it that stands in the control tables. */
import type { Client, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";

/** The slugs of these schools; none that is gone or being deleted. */
export async function schoolSlugs(
  database: Client,
  schools: readonly SchoolId[],
): Promise<Map<SchoolId, string>> {
  if (schools.length === 0) return new Map();
  const { rows } = await database.execute({
    sql: `SELECT id, slug FROM schools
          WHERE deleted_at IS NULL AND id IN (SELECT value FROM json_each(?))`,
    args: [JSON.stringify([...new Set(schools)])],
  });
  return readSlugs(rows);
}

/** The slugs of all schools that are not being deleted. */
export async function allSlugs(database: Client): Promise<Map<SchoolId, string>> {
  const { rows } = await database.execute("SELECT id, slug FROM schools WHERE deleted_at IS NULL");
  return readSlugs(rows);
}

function readSlugs(rows: Row[]): Map<SchoolId, string> {
  return new Map(rows.map((row) => [Number(row["id"]) as SchoolId, row["slug"] as string]));
}

/** Since when each school is silent. */
export async function silentSchools(
  database: Client,
  schools: readonly SchoolId[],
  limit: number,
): Promise<{ schoolId: SchoolId; since: string }[]> {
  const { rows } = await database.execute({
    sql: `SELECT school_id, silent_since FROM watches WHERE silent_since IS NOT NULL
            AND school_id IN (SELECT value FROM json_each(?)) ORDER BY silent_since LIMIT ?`,
    args: [JSON.stringify(schools), limit],
  });
  return rows.map((row) => ({
    schoolId: Number(row["school_id"]) as SchoolId,
    since: row["silent_since"] as string,
  }));
}

export interface EndingKey {
  schoolId: SchoolId;
  fingerprint: string;
  label: string;
  expiresAt: string;
}

/** Keys that open the door now and end by an instant, the next to end first. */
export async function endingKeys(
  database: Client,
  schools: readonly SchoolId[],
  { now, by }: { now: string; by: string },
  limit: number,
): Promise<EndingKey[]> {
  const { rows } = await database.execute({
    sql: `SELECT school_id, fingerprint, label, expires_at FROM ssh_keys
          WHERE revoked_at IS NULL AND expires_at > ? AND expires_at <= ?
            AND school_id IN (SELECT value FROM json_each(?)) ORDER BY expires_at LIMIT ?`,
    args: [now, by, JSON.stringify(schools), limit],
  });
  return rows.map((row) => ({
    schoolId: Number(row["school_id"]) as SchoolId,
    fingerprint: row["fingerprint"] as string,
    label: row["label"] as string,
    expiresAt: row["expires_at"] as string,
  }));
}

/** Each bridge by its name, and when it was last heard of. */
export async function bridgesSeen(database: Client): Promise<{ name: string; seenAt: string }[]> {
  const { rows } = await database.execute(
    "SELECT name, max(seen_at) AS seen_at FROM bridges GROUP BY name ORDER BY name",
  );
  return rows.map((row) => ({ name: row["name"] as string, seenAt: row["seen_at"] as string }));
}

/** Of all schools together: from the indexes of just that. */
export interface Waiting {
  silentSchools: number;
  webhookDeliveries: number;
  mails: number;
}

export async function countWaiting(database: Client): Promise<Waiting> {
  const { rows: [row] } = await database.execute(
    `SELECT (SELECT count(*) FROM watches WHERE silent_since IS NOT NULL) AS silent,
       (SELECT count(*) FROM webhook_deliveries WHERE due_at IS NOT NULL AND EXISTS (
         SELECT 1 FROM webhooks WHERE id = webhook_id AND state = 'on')) AS deliveries,
       (SELECT count(*) FROM mails WHERE due_at IS NOT NULL) AS mails`,
  );
  return {
    silentSchools: Number(row!["silent"]),
    webhookDeliveries: Number(row!["deliveries"]),
    mails: Number(row!["mails"]),
  };
}
