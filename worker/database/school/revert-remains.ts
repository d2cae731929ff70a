/** What a revert could not put back. */
import type { Client } from "@libsql/client";
import type { Page } from "../page.ts";
import { isFirstOfUpload, type Remains, type Why } from "./reverts.ts";

/** The upload whose word stands for the student today: when a later one was reverted, the one before it. */
const standsBy = `(SELECT students.changed_by FROM reverts
    CROSS JOIN students ON students.school_id = reverts.school_id
      AND students.username_key = revert_remains.username_key
  WHERE reverts.upload_id = revert_remains.upload_id)`;

/** In the order of the Usernames; one row more than the page has. */
export async function listRemains(
  database: Client,
  uploadId: string,
  { limit, after }: Page<[string]>,
): Promise<(Remains & { key: string })[]> {
  const { rows } = await database.execute({
    sql: `WITH page AS (SELECT upload_id, username_key, username, why,
          iif(why = 'changed_since', coalesce(${standsBy}, other), other) AS other
        FROM revert_remains
        WHERE upload_id = ? AND username_key > ? ORDER BY username_key LIMIT ?)
      SELECT username_key, username, why, other, other = upload_id AS stands_again,
        (SELECT name FROM uploads WHERE id = other) AS other_name, NOT EXISTS (SELECT 1
          FROM reverts CROSS JOIN student_changes AS c ON c.school_id = reverts.school_id
            AND c.username_key = page.username_key AND c.upload_id = reverts.upload_id
          WHERE reverts.upload_id = page.upload_id AND ${isFirstOfUpload("c")}) AS is_added
      FROM page ORDER BY username_key`,
    args: [uploadId, after?.[0] ?? "", limit + 1],
  });
  return rows.map((row) => ({
    key: row["username_key"] as string,
    username: row["username"] as string,
    isAdded: Number(row["is_added"]) === 1,
    why: row["why"] as Why,
    other: row["other"] as string | null,
    standsAgain: Number(row["stands_again"]) === 1,
    otherName: row["other_name"] as string | null,
  }));
}
