/** Addresses that the bridges shut out for a while, as each told of them last, and letting them in again. */
import type { Client, InStatement, Row } from "@libsql/client";
import type { Ban } from "../../../shared/protocol.ts";
import { auditOfAll, type Author } from "./audit.ts";

export interface ToldBan extends Ban {
  bridge: string;
}

/** For each call of a bridge: what it shuts out now. */
export function tellBans(bridgeId: string, bans: readonly Ban[]): InStatement {
  const told = JSON.stringify(bans);
  return {
    sql: "UPDATE bridges SET bans = ? WHERE id = ? AND bans != ?",
    args: [told, bridgeId, told],
  };
}

/** Those in force, of all bridges, the one that ends last first; at most so many as bridges tell of. */
export async function listBans(database: Client, now: string): Promise<ToldBan[]> {
  const { rows } = await database.execute(
    "SELECT name, bans FROM bridges WHERE bans != '[]' ORDER BY seen_at DESC",
  );
  const found = rows.flatMap((row) =>
    (JSON.parse(row["bans"] as string) as Ban[])
      .map((ban) => ({ ...ban, bridge: row["name"] as string }))
  );
  const newest = new Map<string, ToldBan>();
  for (const ban of found) {
    const key = `${ban.bridge} ${ban.source}`;
    if (ban.until > now && !newest.has(key)) newest.set(key, ban);
  }
  return [...newest.values()].toSorted((a, b) => a.until < b.until ? 1 : -1);
}

/** The bridges are told with their next call; those that are listening at this worker at once. */
export async function liftBans(
  database: Client,
  bans: readonly ToldBan[],
  by: Author,
): Promise<void> {
  await database.batch([
    ...bans.map(({ bridge, source }) => ({
      sql: `INSERT INTO lifted_bans (bridge, source, at) VALUES (?, ?, ?)
            ON CONFLICT (bridge, source) DO UPDATE SET at = excluded.at`,
      args: [bridge, source, by.at],
    })),
    auditOfAll(by, "ban.lifted", { source: bans[0]!.source }),
  ], "write");
}

/** Which of the bans that a bridge tells of are to be lifted: those lifted after they began. */
export function liftedBans(bridge: string, bans: readonly Ban[]): InStatement {
  return {
    sql: `SELECT l.source FROM json_each(?) AS b CROSS JOIN lifted_bans AS l
            ON l.bridge = ? AND l.source = b.value ->> 'source'
          WHERE l.at >= b.value ->> 'since'`,
    args: [JSON.stringify(bans), bridge],
  };
}

export function readLifted(rows: readonly Row[]): string[] {
  return rows.map((row) => row["source"] as string);
}
