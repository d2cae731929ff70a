/**
 * Logins that were refused, of strangers too, which are kept for so many days. What is of a school is in
 * its ledger as well and stays. Bridges count what is alike within a minute, so an attack makes few rows.
 */
import type { Client, InStatement } from "@libsql/client";
import type { LedgerEvent } from "../../../shared/protocol.ts";
import { andAll } from "../narrowing.ts";
import type { Page } from "../page.ts";
import type { NumberedEvent } from "../school/ledger.ts";

type Refusal = Extract<LedgerEvent, { type: "refusal" }>;

export interface RefusedLogin {
  bridgeId: string;
  number: number;
  at: string;
  since: string;
  count: number;
  reason: string;
  slug: string | null;
  address: string;
  fingerprint: string | null;
  client: string;
}

/** For the batch that takes a bridge's events. Those told before `forget` are forgotten. */
export function recordRefusals(
  bridgeId: string,
  events: readonly NumberedEvent[],
  forget: string,
): InStatement[] {
  const rows = events.flatMap(({ number, event }) =>
    event?.type === "refusal" ? [rowOf(number, event)] : []
  );
  if (rows.length === 0) return [];
  return [
    {
      sql: `INSERT INTO refused_logins
              (bridge_id, number, at, since, count, reason, slug, address, fingerprint, client)
            SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
              value ->> 6, value ->> 7, value ->> 8
            FROM json_each(?) WHERE true
            ON CONFLICT (bridge_id, number) DO NOTHING`,
      args: [bridgeId, JSON.stringify(rows)],
    },
    { sql: "DELETE FROM refused_logins WHERE at < ?", args: [forget] },
  ];
}

function rowOf(number: number, event: Refusal): unknown[] {
  const { at, since, count, reason, slug, address, fingerprint, client } = event;
  return [number, at, since, count, reason, slug, address, fingerprint, client];
}

/** Newest first, of all bridges; one row more than the page has. */
export async function listRefusals(
  database: Client,
  { limit, after }: Page<[string, string, number]>,
  { slug, address }: { slug?: string | undefined; address?: string | undefined },
): Promise<RefusedLogin[]> {
  const [at, bridgeId, number] = after ?? ["~", "", 0];
  const wanted = andAll([["slug = ?", slug], ["address = ?", address]]);
  const { rows } = await database.execute({
    sql: `SELECT bridge_id, number, at, since, count, reason, slug, address, fingerprint, client
          FROM refused_logins
          WHERE (at, bridge_id, number) < (?, ?, ?)${wanted.sql}
          ORDER BY at DESC, bridge_id DESC, number DESC LIMIT ?`,
    args: [at, bridgeId, number, ...wanted.args, limit + 1],
  });
  return rows.map((row) => ({
    bridgeId: row["bridge_id"] as string,
    number: Number(row["number"]),
    at: row["at"] as string,
    since: row["since"] as string,
    count: Number(row["count"]),
    reason: row["reason"] as string,
    slug: row["slug"] as string | null,
    address: row["address"] as string,
    fingerprint: row["fingerprint"] as string | null,
    client: row["client"] as string,
  }));
}
