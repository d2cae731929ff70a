import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { isMigrated, migrate } from "../../../worker/database/migrate.ts";
import type { Migration } from "../../../worker/database/migrations/migration.ts";
import { migrations } from "../../../worker/database/migrations/index.ts";
import { eachDatabase } from "./each-database.ts";

const now = "2026-11-22T10:15:30.123Z";

eachDatabase("migrations", (database) => {
  test("are applied once, however many workers start at the same time", async () => {
    const { url } = database();
    const workers = await Promise.all([1, 2, 3, 4].map(() => openDatabase({ url })));
    const applied = await Promise.all(workers.map((worker) => migrate(worker, now)));
    assert.deepEqual(applied.flat().toSorted(), migrations.map(({ number }) => number));
    assert.ok(await isMigrated(database().client));
    assert.deepEqual(await migrate(workers[0]!, now), []);
    for (const worker of workers) worker.close();
  });

  test("one that fails leaves nothing behind, and those before it stay", async () => {
    const { client } = database();
    const good: Migration = { number: 101, name: "good", statements: ["CREATE TABLE good (id)"] };
    const bad: Migration = {
      number: 102,
      name: "bad",
      statements: ["CREATE TABLE half (id)", "CREATE TABLE half (id)"],
    };
    await assert.rejects(migrate(client, now, [good, bad]));
    const tables = await client.execute(
      "SELECT name FROM sqlite_master WHERE name IN ('good', 'half')",
    );
    assert.deepEqual(tables.rows.map((row) => row[0]), ["good"]);
    assert.deepEqual(await migrate(client, now, [good]), []);
  });
}, { migrated: false });

test("migrations are numbered from 1 without a gap", () => {
  assert.deepEqual(migrations.map(({ number }) => number), migrations.map((_, index) => index + 1));
});
