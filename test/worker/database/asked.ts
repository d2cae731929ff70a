/** A database that notes what it is asked, and what the plans of that look at. */
import type { Client, InStatement } from "@libsql/client";
import { aroundBatches, aroundStatements } from "./around.ts";

export interface Asked {
  sql: string;
  args: unknown;
}

/** The client, and each statement that goes through it, once. */
export function watched(database: Client): { client: Client; asked: Map<string, Asked> } {
  const asked = new Map<string, Asked>();
  const note = (statement: InStatement) => {
    const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
    asked.set(sql.replace(/\s+/g, " "), { sql, args });
  };
  const alone = aroundStatements(database, (make, statement) => (note(statement), make()));
  const client = aroundBatches(alone, (make, statements) => (statements.forEach(note), make()));
  return { client, asked };
}

/** The tables that a statement reads from end to end, `TABLE: statement`. */
export async function scans(database: Client, asked: Iterable<Asked>): Promise<string[]> {
  const { rows } = await database.execute(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  // A scan of anything else is of what the statement made itself.
  const tables = rows.map((row) => String(row["name"]));
  const found: string[] = [];
  for (const { sql, args } of asked) {
    if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/i.test(sql)) continue;
    const { rows } = await database.execute({
      sql: `EXPLAIN QUERY PLAN ${sql}`,
      args: args as string[],
    });
    for (const { detail } of rows) {
      const scanned = /^SCAN (\w+)(.*)$/.exec(String(detail));
      if (!scanned) continue;
      const table = tableOf(scanned[1]!, sql, tables);
      if (table) found.push(`${table}${scanned[2]}: ${sql.replace(/\s+/g, " ")}`);
    }
  }
  return found;
}

/** The table behind a name of the statement, which may be an alias. */
function tableOf(name: string, sql: string, tables: readonly string[]): string | undefined {
  if (tables.includes(name)) return name;
  const aliased = new RegExp(`\\b(\\w+)(?: AS)? ${name}\\b`, "gi");
  for (const [, before] of sql.matchAll(aliased)) {
    if (tables.includes(before!)) return before;
  }
  return undefined;
}
