/** What a revert could not put back. */
import type { Client } from "@libsql/client";
import type { Page } from "../page.ts";
import type { Remains, Why } from "./reverts.ts";

/** In the order of the Usernames; one row more than the page has. */
export async function listRemains(
  database: Client,
  uploadId: string,
  { limit, after }: Page<[string]>,
): Promise<(Remains & { key: string })[]> {
  const { rows } = await database.execute({
    sql: `SELECT username_key, username, why, other FROM revert_remains
      WHERE upload_id = ? AND username_key > ? ORDER BY username_key LIMIT ?`,
    args: [uploadId, after?.[0] ?? "", limit + 1],
  });
  return rows.map((row) => ({
    key: row["username_key"] as string,
    username: row["username"] as string,
    why: row["why"] as Why,
    other: row["other"] as string | null,
  }));
}
