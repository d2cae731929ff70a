/** A school's logins, from its ledger. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";

/** A school's logins and refused ones, as its bridge told of them, newest first. */
export async function listLogins(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string, number]>,
): Promise<{ at: string; number: number; event: Record<string, unknown> }[]> {
  const [at, number] = after ?? ["~", 0];
  const { rows } = await database.execute({
    sql: `SELECT at, number, event FROM ledger
          WHERE school_id = ? AND type IN ('login', 'refusal') AND (at, number) < (?, ?)
          ORDER BY at DESC, number DESC LIMIT ?`,
    args: [schoolId, at, number, limit + 1],
  });
  return rows.map((row) => ({
    at: row["at"] as string,
    number: Number(row["number"]),
    event: JSON.parse(row["event"] as string),
  }));
}
