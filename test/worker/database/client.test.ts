import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createClient } from "@libsql/client";
import { openDatabase } from "../../../worker/database/client.ts";
import { isConstraint, isUnavailable } from "../../../worker/database/errors.ts";
import { until } from "../../until.ts";
import { eachDatabase } from "./each-database.ts";
import { hasSqld, startSqld } from "./sqld.ts";

eachDatabase("the database", (database) => {
  before(async () => {
    await database().client.execute(
      "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, bytes BLOB)",
    );
  });

  test("a batch is applied whole or not at all", async () => {
    const { client } = database();
    const add = (id: string) => ({ sql: "INSERT INTO things (id) VALUES (?)", args: [id] });
    await assert.rejects(client.batch([add("one"), add("two"), add("one")], "write"), (error) => {
      assert.ok(isConstraint(error));
      assert.ok(!isUnavailable(error));
      assert.equal((error as { statementIndex?: number }).statementIndex, 2);
      return true;
    });
    const { rows } = await client.execute("SELECT count(*) FROM things");
    assert.equal(rows[0]![0], 0);
  });

  test("one statement carries many rows as JSON and counts those that it inserted", async () => {
    const { client } = database();
    const insert = {
      sql: "INSERT OR IGNORE INTO things (id) SELECT value FROM json_each(?)",
      args: [JSON.stringify(Array.from({ length: 1000 }, (_, index) => `many-${index}`))],
    };
    assert.equal((await client.execute(insert)).rowsAffected, 1000);
    assert.equal((await client.execute(insert)).rowsAffected, 0);
  });

  test("bytes come back as they were", async () => {
    const { client } = database();
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256).subarray(7);
    await client.execute({ sql: "INSERT INTO things VALUES ('bytes', ?)", args: [bytes] });
    const { rows } = await client.execute("SELECT bytes FROM things WHERE id = 'bytes'");
    assert.deepEqual(new Uint8Array(rows[0]!["bytes"] as ArrayBuffer), new Uint8Array(bytes));
  });

  test("batches at the same time all have their way", async () => {
    const { client } = database();
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      client.batch([
        { sql: "INSERT INTO things (id) VALUES (?)", args: [`same-time-${index}`] },
        "SELECT count(*) FROM things",
      ], "write")));
    const { rows } = await client.execute(
      "SELECT count(*) FROM things WHERE id LIKE 'same-time-%'",
    );
    assert.equal(rows[0]![0], 20);
  });

  test("a fault of the SQL is not taken for a database that is away", async () => {
    const { client } = database();
    await assert.rejects(client.execute("SELECT * FROM nowhere"), (error) => {
      assert.ok(!isUnavailable(error) && !isConstraint(error));
      return true;
    });
  });
});

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function fileUrl(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-client-"));
  folders.push(folder);
  return `file:${join(folder, "worker.db")}`;
}

test("every commit of an embedded database is synchronous, on new connections too", async () => {
  const client = await openDatabase({ url: await fileUrl() });
  for (const connection of ["first", "second"]) {
    const [synchronous, journal] = await client.batch([
      "PRAGMA synchronous",
      "PRAGMA journal_mode",
    ]);
    assert.equal(synchronous!.rows[0]![0], 2, `${connection} connection: FULL`);
    assert.equal(journal!.rows[0]![0], "wal", `${connection} connection`);
    await client.reconnect();
  }
  client.close();
});

test("after another process held the lock too long, the embedded database goes on", async () => {
  const url = await fileUrl();
  // The same wrapped client, with a patience that does not make the test wait.
  const client = await openDatabase({ url, busyMs: 50 });
  await client.execute("CREATE TABLE things (id TEXT)");
  const other = createClient({ url });
  const holding = await other.transaction("write");
  await assert.rejects(client.batch(["INSERT INTO things VALUES ('a')"], "write"), (error) => {
    assert.ok(isUnavailable(error));
    return true;
  });
  await holding.rollback();
  await client.batch(["INSERT INTO things VALUES ('b')"], "write");
  const { rows } = await client.execute("SELECT id FROM things");
  assert.deepEqual(rows.map((row) => row[0]), ["b"]);
  client.close();
  other.close();
});

test("an embedded database in a folder that is not there is unavailable", async () => {
  await assert.rejects(openDatabase({ url: "file:/nowhere/at/all/worker.db" }), /nowhere/);
});

for (const protocol of ["http", "ws"]) {
  test(
    `a batch that the server ends at several steps is one failure, and nothing of the process's: ${protocol}`,
    {
      skip: hasSqld ? false : "there is no sqld for this platform",
    },
    async () => {
      const sqld = await startSqld();
      const url = sqld.url.replace(/^http/, protocol);
      const [slow, other] = await Promise.all([openDatabase({ url }), openDatabase({ url })]);
      try {
        await slow.execute("CREATE TABLE things (id TEXT)");
        const add = (id: string) => ({ sql: "INSERT INTO things VALUES (?)", args: [id] });
        const counting = (count: number) => ({
          sql: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) " +
            "SELECT count(*) FROM n",
          args: [count],
        });
        // Who has had the lock for five seconds loses it to the next one; how much work that is differs.
        let ended: unknown;
        for (let count = 30_000_000; ended === undefined; count *= 2) {
          await other.execute("DELETE FROM things");
          let isOver = false;
          const batch = slow.batch([add("slow"), counting(count), add("too"), add("late")], "write")
            .catch((error) => ended = error)
            .finally(() => isOver = true);
          await until(async () => {
            await other.batch([add("next")], "write");
            return isOver;
          });
          await batch;
        }
        assert.ok(isUnavailable(ended), String(ended));
        // What nobody waits for fails a test after this turn of the event loop.
        await new Promise((resolve) => setTimeout(resolve, 50));
        const { rows } = await other.execute("SELECT DISTINCT id FROM things");
        assert.deepEqual(rows.map((row) => row[0]), ["next"]);
      } finally {
        slow.close();
        other.close();
        await sqld.stop();
      }
    },
  );
}

test("a remote database that is away is unavailable, and used again once it is back", {
  skip: hasSqld ? false : "there is no sqld for this platform",
}, async () => {
  const sqld = await startSqld();
  const clients = await Promise.all([
    openDatabase({ url: sqld.url }),
    openDatabase({ url: sqld.url.replace(/^http/, "ws") }),
  ]);
  try {
    for (const client of clients) await client.batch(["SELECT 1"], "read");
    await sqld.kill();
    for (const client of clients) {
      for (const call of [() => client.execute("SELECT 1"), () => client.batch(["SELECT 1"])]) {
        await assert.rejects(call, (error) => {
          assert.ok(isUnavailable(error), String(error));
          return true;
        });
      }
    }
    await sqld.restart();
    for (const client of clients) await client.batch(["SELECT 1"], "read");
  } finally {
    for (const client of clients) client.close();
    await sqld.stop();
  }
});

test("a remote database is asked not to compress its answers", async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers["accept-encoding"]);
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = await openDatabase({ url: `http://127.0.0.1:${port}` });
  try {
    await assert.rejects(client.execute("SELECT 1"));
    assert.ok(asked.length > 0);
    assert.deepEqual([...new Set(asked)], ["identity"]);
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
  }
});
