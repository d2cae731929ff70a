/** What a purge waits for: bridges that have not said yet that a school's files are gone. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../shared/protocol.ts";

export interface PurgeWait {
  bridge: string;
  /** Why it could not, if it has said so. */
  why: string | null;
  /** When the bridge was last heard of; `null`: never. ISO 8601 UTC. */
  seenAt: string | null;
}

/** Empty once all bridges have done their part. */
export async function purgeWaits(database: Client, schoolId: SchoolId): Promise<PurgeWait[]> {
  const { rows: asked } = await database.execute({
    sql: `SELECT bridge, why FROM commands
          WHERE school_id = ? AND type = 'purge' AND outcome IS NOT 'done' ORDER BY bridge`,
    args: [schoolId],
  });
  if (asked.length === 0) return [];
  const { rows: seen } = await database.execute({
    sql: `SELECT name, max(seen_at) AS seen_at FROM bridges
          WHERE name IN (SELECT value FROM json_each(?)) GROUP BY name`,
    args: [JSON.stringify(asked.map((row) => row["bridge"]))],
  });
  const seenAt = new Map(seen.map((row) => [row["name"], row["seen_at"] as string | null]));
  return asked.map((row) => ({
    bridge: row["bridge"] as string,
    why: row["why"] as string | null,
    seenAt: seenAt.get(row["bridge"]!) ?? null,
  }));
}
