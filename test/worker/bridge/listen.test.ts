// SPEC section 1: the bridge hears within two seconds, whatever else is under way.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, InStatement } from "@libsql/client";
import { dueSchoolsQuery } from "../../../worker/database/control/schedules.ts";
import { appUnderTest } from "../app-under-test.ts";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { until } from "../../until.ts";

const asked = { directoryVersion: null, commands: [], room: 100, waitMs: 0 };
const sqlOf = (statement: InStatement) => typeof statement === "string" ? statement : statement.sql;

/** The database, in which one statement fares as `instead` says. */
function except(client: Client, affects: (sql: string) => boolean, instead: () => Promise<never>) {
  return new Proxy(client, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (given: InStatement | InStatement[], ...more: unknown[]) => {
        if (given === undefined) return value.call(target);
        const statements = name === "batch" ? given as InStatement[] : [given as InStatement];
        return statements.map(sqlOf).some(affects) ? instead() : value.call(target, given, ...more);
      };
    },
  });
}

const tooSlow = () =>
  Promise.reject(
    Object.assign(new Error("Transaction timed-out"), { code: "TRANSACTION_TIMEOUT" }),
  );

eachDatabase("what a listening call does in passing", (database) => {
  test("a tick that takes long keeps nobody from hearing of the directory", async () => {
    const never = except(
      database().client,
      (sql) => sql === dueSchoolsQuery,
      () => new Promise(() => {}),
    );
    const { bridge } = appUnderTest(never);
    for (let call = 0; call < 3; call++) {
      const { status, body } = await bridge("POST", "/bridge/listen", asked);
      assert.deepEqual([status, typeof body.directory.version], [200, "number"]);
    }
  });

  test("an export that the database finds too slow keeps nobody from hearing, and no other export waiting", async () => {
    const { client } = database();
    const ids: number[] = [];
    for (const slug of ["slow-one", "swift-one"]) {
      const app = appUnderTest(client);
      await app.admin("POST", "/admin/schools", { slug, name: slug });
      const { rows } = await client.execute("SELECT max(id) FROM schools");
      ids.push(Number(rows[0]![0]));
      await client.execute({
        sql: `INSERT INTO exports (school_id, due_at, id, name, created_at, command_id, through)
              VALUES (?, '2026-11-22T00:00:00.000Z', ?, ?, '2026-11-22T00:00:00.000Z', ?, 0)`,
        args: [ids.at(-1)!, slug, `${slug}.csv`, crypto.randomUUID()],
      });
    }
    const isSlow = (statement: InStatement) =>
      typeof statement !== "string" && (statement.args as unknown[])[0] === "slow-one";
    const database_ = aroundBatches(
      client,
      (make, statements) => statements.some(isSlow) ? tooSlow() : make(),
    );
    const { bridge, logged } = appUnderTest(database_);
    const { status } = await bridge("POST", "/bridge/listen", asked);
    assert.equal(status, 200);
    const made = () =>
      client.execute(
        "SELECT id FROM exports WHERE made_at IS NOT NULL AND id IN ('slow-one', 'swift-one')",
      );
    // The answer does not wait for a tick that takes long.
    const isOver = async () => logged.length > 0 && (await made()).rows.length > 0;
    await until(isOver);
    assert.deepEqual(logged.map(({ event }) => event), ["tick.failed"]);
    assert.deepEqual((await made()).rows.map((row) => row["id"]), ["swift-one"]);
  });

  test("a bridge whose call cannot be written down hears all the same", async () => {
    const busy = except(
      database().client,
      (sql) => sql.includes("INSERT INTO bridges"),
      tooSlow,
    );
    const { bridge, logged } = appUnderTest(busy);
    assert.equal((await bridge("POST", "/bridge/listen", asked)).status, 200);
    assert.equal(logged[0]!.event, "bridge.not_recorded");
  });

  test("a fault of the worker is told as its own, so that a bridge knows it from what stands between", async () => {
    const broken = except(
      database().client,
      (sql) => sql.includes("INSERT INTO uploads"),
      () => Promise.reject(new Error("a fault")),
    );
    const { bridge } = appUnderTest(broken);
    const { status, headers, body } = await bridge("POST", "/bridge/uploads", {
      ...{ id: crypto.randomUUID(), schoolId: 1, name: "a.csv", timeCode: "20261122T101530123Z" },
      ...{ acceptedAt: "2026-11-22T10:15:30.123Z", size: 1, sha256: null, sender: null },
    });
    assert.deepEqual([status, body.code, headers.get("rosterbridge-protocol")], [
      500,
      "internal",
      "1",
    ]);
  });
});
