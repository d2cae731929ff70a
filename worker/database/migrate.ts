/** Brings the database's tables up to what this version of the worker needs. */
import type { Client } from "@libsql/client";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { isConstraint } from "./errors.ts";

/**
 * Applies what is missing, in order, each whole or not at all. Several workers may do so at once: the
 * first statement of each migration claims its number by primary key, so it runs once.
 *
 * @param now ISO 8601 UTC
 * @returns the numbers that this call applied
 */
export async function migrate(
  database: Client,
  now: string,
  wanted: readonly Migration[] = migrations,
): Promise<number[]> {
  await database.execute(`CREATE TABLE IF NOT EXISTS migrations (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)`);
  const { rows } = await database.execute("SELECT number FROM migrations");
  const present = new Set(rows.map((row) => Number(row["number"])));
  const applied: number[] = [];
  for (const migration of wanted) {
    if (present.has(migration.number)) continue;
    if (await apply(database, migration, now)) applied.push(migration.number);
  }
  return applied;
}

/** Were all migrations applied? Also says whether the database can be reached, by throwing. */
export async function isMigrated(database: Client): Promise<boolean> {
  const { rows } = await database.execute({
    sql: "SELECT count(*) FROM migrations WHERE number <= ?",
    args: [migrations.at(-1)!.number],
  });
  return Number(rows[0]![0]) === migrations.length;
}

/** Writes what stands there already. @throws when the database takes no writes */
export async function touchMigrations(database: Client): Promise<void> {
  await database.batch(["UPDATE migrations SET name = name WHERE number = 1"], "write");
}

/** False when another worker applied it meanwhile. */
async function apply(database: Client, migration: Migration, now: string): Promise<boolean> {
  const { number, name, statements } = migration;
  const claim = {
    sql: "INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)",
    args: [number, name, now],
  };
  try {
    await database.batch([claim, ...statements], "write");
    return true;
  } catch (error) {
    if (isConstraint(error) && (error as { statementIndex?: number }).statementIndex === 0) {
      return false;
    }
    throw error;
  }
}
