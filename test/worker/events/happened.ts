/** What is written down of what happened, as tests look at it. */
import type { Client } from "@libsql/client";

/** Of a subject, in order, each with its facts. */
export async function happenedTo(
  client: Client,
  subject: string,
): Promise<[kind: string, facts: Record<string, unknown>][]> {
  const { rows } = await client.execute({
    sql: "SELECT kind, facts FROM occurrences WHERE subject = ? ORDER BY number",
    args: [subject],
  });
  return rows.map((row) => [String(row["kind"]), JSON.parse(String(row["facts"]))]);
}

export async function kindsOf(client: Client, subject: string): Promise<string[]> {
  return (await happenedTo(client, subject)).map(([kind]) => kind);
}
