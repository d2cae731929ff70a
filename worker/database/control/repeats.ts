/** Requests with an Idempotency-Key, and what they were answered. Kept for a day. */
import type { Client } from "@libsql/client";

export interface Repeat {
  request: string;
  /** Encrypted; `null`: it is being made, or nobody knows what came of it. */
  answer: string | null;
}

/** Claims an id; those of before `oldest` go. @returns what is there already; `undefined`: it is ours */
export async function claimRepeat(
  database: Client,
  { id, request, at, oldest }: { id: string; request: string; at: string; oldest: string },
): Promise<Repeat | undefined> {
  const results = await database.batch([
    { sql: "DELETE FROM repeats WHERE at < ?", args: [oldest] },
    {
      sql: "INSERT INTO repeats (id, request, at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
      args: [id, request, at],
    },
    { sql: "SELECT request, answer FROM repeats WHERE id = ?", args: [id] },
  ], "write");
  if (results[1]!.rowsAffected > 0) return undefined;
  const row = results[2]!.rows[0]!;
  return { request: row["request"] as string, answer: row["answer"] as string | null };
}

export async function keepAnswer(database: Client, id: string, answer: string): Promise<void> {
  await database.execute({
    sql: "UPDATE repeats SET answer = ? WHERE id = ?",
    args: [answer, id],
  });
}

/** Nothing was done: the same request may be sent again. */
export async function releaseRepeat(database: Client, id: string): Promise<void> {
  await database.execute({ sql: "DELETE FROM repeats WHERE id = ?", args: [id] });
}
