/** A catalog in a folder of its own, and a look at how SQLite answers its statements. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import Database from "libsql";
import { Catalog } from "../../../../bridge/vault/catalog/catalog.ts";
import { temporaryFolder } from "../temporary-folder.ts";

export interface TestCatalog {
  catalog: Catalog;
  file: string;
  /** How SQLite carries out a statement: a line for each table it goes through. */
  plan(sql: string): string[];
  /** The same database, beside the catalog. */
  database: Database.Database;
}

/** The catalog's clock stands still at `at`, in milliseconds since the epoch. */
export async function openCatalog(t: TestContext, at = 1_795_256_200_000): Promise<TestCatalog> {
  const file = join(await temporaryFolder(t), "catalog.db");
  const catalog = new Catalog(file, () => at);
  const database = new Database(file);
  t.after(() => {
    catalog.close();
    database.close();
  });
  const plan = (sql: string) => {
    const values = Array.from(sql.matchAll(/\?/g), () => 0);
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values) as { detail: string }[];
    return steps.map(({ detail }) => detail);
  };
  return { catalog, file, plan, database };
}
