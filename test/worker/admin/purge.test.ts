import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Client } from "@libsql/client";
import { schoolRows } from "../../../worker/database/purge.ts";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { aroundBatches, aroundStatements } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";

/** The values a row needs so that it belongs to school `id`, and no NOT NULL or key is broken. */
function owned(column: string, id: number): string | number {
  if (column === "school_id") return id;
  if (column === "upload_id" || column === "export_id") return `parent-${id}`;
  if (column === "id") return `parent-${id}`;
  // Indexes look into it.
  if (column === "event") return JSON.stringify({ path: `value-${id}` });
  return `value-${id}`;
}

async function columnsOf(client: Client, table: string) {
  const { rows } = await client.execute(`SELECT name, type, pk FROM pragma_table_info('${table}')`);
  return rows.map((row) => ({
    name: row["name"] as string,
    isNumber: row["type"] === "INTEGER",
    isRowid: row["type"] === "INTEGER" && Number(row["pk"]) === 1,
  }));
}

/** Gives school `id` a row in every table that knows schools. */
async function fill(client: Client, id: number): Promise<void> {
  for (const table of Object.keys(schoolRows)) {
    if (table === "schools") continue;
    const columns = (await columnsOf(client, table)).filter(({ name, isRowid }) =>
      !isRowid || name === "school_id"
    );
    await client.execute({
      sql: `INSERT INTO ${table} (${columns.map(({ name }) => `"${name}"`).join(", ")})
            VALUES (${columns.map(() => "?").join(", ")})`,
      args: columns.map(({ name, isNumber }) =>
        name !== "school_id" && isNumber ? 1 : owned(name, id)
      ),
    });
  }
}

/** The bridge has done what it was asked for: the school is forgotten there too. */
async function tellPurged(app: AppUnderTest, client: Client, schoolId: number): Promise<void> {
  const { rows } = await client.execute({
    sql: "SELECT id FROM commands WHERE school_id = ? AND type = 'purge' AND done_at IS NULL",
    args: [schoolId],
  });
  const done = rows.map((row) => ({ id: row["id"], at: "2026-11-22T10:15:31.000Z" }));
  const answer = await app.bridge("POST", "/bridge/events", { events: [], done });
  assert.equal(answer.status, 200);
}

eachDatabase("deleting a school", (database) => {
  test("every table with rows of a school is purged, save the audit trail", async () => {
    const { client } = database();
    const { rows } = await client.execute(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    );
    const tables = rows.map((row) => row["name"] as string)
      .filter((table) => !/^(libsql_|_litestream)/.test(table));
    const others = [
      "audit",
      "bridge_runs",
      "bridges",
      "directory",
      "former_schools",
      "ledger_gone",
      "lifted_bans",
      "migrations",
      "repeats",
      "refused_logins",
      "rounds",
      "seals",
      "sessions",
      "tokens",
    ];
    assert.deepEqual([...Object.keys(schoolRows), ...others].toSorted(), tables.toSorted());
  });

  test("purges all rows of the school and none of another, and frees its keys", async () => {
    const { client } = database();
    const app = appUnderTest(client);
    const ids: number[] = [];
    for (const slug of ["doomed", "spared"]) {
      await app.admin("POST", "/admin/schools", { slug, name: slug });
      const { rows } = await client.execute({
        sql: "SELECT id FROM schools WHERE slug = ?",
        args: [slug],
      });
      ids.push(Number(rows[0]!["id"]));
      await fill(client, ids.at(-1)!);
    }
    const count = async (id: number) => {
      const counts: Record<string, number> = {};
      for (const [table, where] of Object.entries(schoolRows)) {
        const { rows } = await client.execute({
          sql: `SELECT count(*) FROM ${table} WHERE ${where}`,
          args: [id],
        });
        counts[table] = Number(rows[0]![0]);
      }
      return counts;
    };
    const before = await count(ids[1]!);
    assert.ok(Object.values(before).every((rows) => rows === 1), JSON.stringify(before));
    const { rows: [version] } = await client.execute("SELECT version FROM directory");

    for (const confirm of ["", "?confirm=yes", "?confirm=spared"]) {
      const refused = await app.admin("DELETE", `/admin/schools/doomed${confirm}`);
      assert.equal(refused.status, 400);
      assert.equal(refused.body.code, "confirm_missing");
    }
    assert.deepEqual(await count(ids[0]!), before);

    const deleted = await app.admin("DELETE", "/admin/schools/doomed?confirm=doomed");
    assert.equal(deleted.status, 202);
    assert.equal(deleted.body.state, "purging");
    await tellPurged(app, client, ids[0]!);
    const left = await Promise.all(
      Object.keys(schoolRows).map(async (table) =>
        Number((await client.execute(`SELECT count(*) FROM ${table}`)).rows[0]![0])
      ),
    );
    assert.ok(
      left.every((rows) => rows === 1),
      "one row is left in each table: the other school's",
    );
    assert.deepEqual(await count(ids[1]!), before);
    const { rows: [later] } = await client.execute("SELECT version FROM directory");
    assert.ok(Number(later![0]) > Number(version![0]));

    const { body } = await app.admin("GET", "/admin/audit?school=doomed&limit=2");
    assert.deepEqual(
      body.items.map(({ action, detail }: { action: string; detail: { slug: string } }) => [
        action,
        detail.slug,
      ]),
      [["school.deleted", "doomed"], ["school.purge_started", "doomed"]],
    );
    const again = await app.admin("POST", "/admin/schools", { slug: "doomed", name: "Again" });
    assert.equal(again.status, 201, "the slug is free again");
  });

  test("a school of more rows than one statement takes is purged whole", async () => {
    const { client } = database();
    const app = appUnderTest(client);
    await app.admin("POST", "/admin/schools", { slug: "large", name: "Large" });
    await client.execute(`INSERT INTO students (school_id, username_key, username)
      WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 12001)
      SELECT (SELECT id FROM schools WHERE slug = 'large'), 'u' || n, 'u' || n FROM numbers`);
    await app.admin("DELETE", "/admin/schools/large?confirm=large");
    const { rows } = await client.execute("SELECT count(*) FROM students WHERE username LIKE 'u%'");
    assert.equal(rows[0]![0], 0);
  });

  test("a purge that was cut off ends with its bridge's word, in pieces, and holds up no bridge's events", async () => {
    const { client } = database();
    const slug = "cut-off";
    await appUnderTest(client).admin("POST", "/admin/schools", { slug, name: slug });
    const { rows: [school] } = await client.execute("SELECT max(id) FROM schools");
    const id = Number(school![0]);
    await client.execute({
      sql: `INSERT INTO students (school_id, username_key, username)
            WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 6000)
            SELECT ?, 'cut' || v, 'cut' || v FROM n`,
      args: [id],
    });
    const count = async (table: string, column: string) => {
      const sql = `SELECT count(*) FROM ${table} WHERE ${column} = ?`;
      return Number((await client.execute({ sql, args: [id] })).rows[0]![0]);
    };
    // The database refuses what takes it too long: more than one statement's rows of a school at once.
    let isAway = true;
    const tooSlow = Object.assign(new Error("too slow"), { code: "TRANSACTION_TIMEOUT" });
    const slow = aroundStatements(client, (make, statement) => {
      const isDeletion = typeof statement !== "string" && /DELETE FROM/.test(statement.sql);
      return isAway && isDeletion ? Promise.reject(tooSlow) : make();
    });
    const limited = aroundBatches(slow, async (make, statements) => {
      const isDeletion = statements.some((one) =>
        typeof one !== "string" && /DELETE FROM students/.test(one.sql)
      );
      if (isDeletion && await count("students", "school_id") > 5_000) throw tooSlow;
      return await make();
    });
    const app = appUnderTest(limited);
    assert.equal((await app.admin("DELETE", `/admin/schools/${slug}?confirm=${slug}`)).status, 503);
    assert.equal(await count("students", "school_id"), 6000);
    await tellPurged(app, client, id);
    assert.equal(app.logged.at(-1)!.event, "purge.unfinished");
    assert.equal(await count("schools", "id"), 1);
    isAway = false;
    assert.equal(
      (await app.bridge("POST", "/bridge/events", { events: [], done: [] })).status,
      200,
    );
    assert.deepEqual([await count("students", "school_id"), await count("schools", "id")], [0, 0]);
  });
});

test("what is purged stands neither in the file nor in its write-ahead log", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-purge-"));
  try {
    const file = join(folder, "worker.db");
    const database = await openDatabase({ url: `file:${file}` });
    await migrate(database, "2026-11-22T10:15:30.123Z");
    const app = appUnderTest(database);
    await app.admin("POST", "/admin/schools", { slug: "doomed", name: "Doomed" });
    await database.execute(
      `INSERT INTO students (school_id, username_key, username, last_name)
       SELECT s.id, n.value, n.value, 'Unmistakable-' || n.value FROM schools s,
         (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5000)
          SELECT value FROM n) n`,
    );
    const isThere = async () => {
      const files = await Promise.all(
        [file, `${file}-wal`].map((name) => readFile(name).catch(() => Buffer.alloc(0))),
      );
      return files.some((bytes) => bytes.includes("Unmistakable-"));
    };
    assert.equal(await isThere(), true);
    await app.admin("DELETE", "/admin/schools/doomed?confirm=doomed");
    assert.equal(await isThere(), false);
    database.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
