/** Whether a school is let in. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Author } from "./audit.ts";
import { bumpDirectory } from "./directory.ts";

/** Suspends the school from `at` on, or lets it in again (`null`). Doing so twice changes nothing. */
export async function suspendSchool(
  database: Client,
  id: SchoolId,
  at: string | null,
  by: Author,
): Promise<void> {
  const action = at === null ? "school.admitted" : "school.suspended";
  await database.batch([
    {
      sql: `INSERT INTO audit (at, school_id, actor, action, detail)
            SELECT ?, id, ?, ?, json_object('slug', slug) FROM schools
            WHERE id = ? AND (suspended_at IS NULL) = ?`,
      args: [by.at, by.actor, action, id, at === null ? 0 : 1],
    },
    {
      sql: "UPDATE schools SET suspended_at = ? WHERE id = ? AND (suspended_at IS NULL) = ?",
      args: [at, id, at === null ? 0 : 1],
    },
    bumpDirectory,
  ], "write");
}
