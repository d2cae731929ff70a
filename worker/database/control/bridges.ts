/** The bridges that call: which catalogs, with whose token, and when last. */
import type { Client } from "@libsql/client";

/**
 * A bridge is there. When it speaks another protocol than before, what it did not understand is asked
 * of it again.
 */
export async function bridgeSeen(
  database: Client,
  { id, name, protocol }: { id: string; name: string; protocol: number },
  now: string,
): Promise<void> {
  await database.batch([
    {
      sql: `UPDATE commands SET outcome = NULL
            WHERE bridge = ? AND outcome = 'not_understood' AND done_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM bridges WHERE id = ? AND protocol = ?)`,
      args: [name, id, protocol],
    },
    {
      sql: `INSERT INTO bridges (id, name, protocol, seen_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, protocol = excluded.protocol,
              seen_at = excluded.seen_at`,
      args: [id, name, protocol, now],
    },
  ], "write");
}

/** Is the school one of this bridge's? */
export async function isOfBridge(
  database: Client,
  schoolId: number,
  bridge: string,
): Promise<boolean> {
  const { rows } = await database.execute({
    sql: "SELECT 1 FROM schools WHERE id = ? AND bridge = ?",
    args: [schoolId, bridge],
  });
  return rows.length > 0;
}

/** Which of these schools are the bridge's and not being deleted. */
export async function schoolsThere(
  database: Client,
  bridge: string,
  ids: readonly number[],
): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const { rows } = await database.execute({
    sql: `SELECT id FROM schools WHERE bridge = ? AND deleted_at IS NULL
            AND id IN (SELECT value FROM json_each(?))`,
    args: [bridge, JSON.stringify([...new Set(ids)])],
  });
  return new Set(rows.map((row) => Number(row["id"])));
}
