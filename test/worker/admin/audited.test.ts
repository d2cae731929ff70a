// SPEC section 11: every change is in the audit with who really made it, whichever route makes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { keepsItsContract } from "./contract.ts";

eachDatabase("what administrators change", (database) => {
  test("each route that changes something leaves an entry of who called it, and no other does", async () => {
    const { client } = database();
    const { app, admin } = appUnderTest(client);
    const { body } = await admin("POST", "/admin/tokens", { name: "desk", role: "admin" });
    const entriesAfter = async (id: number) => {
      const sql = "SELECT id, actor FROM audit WHERE id > ? ORDER BY id";
      const { rows } = await client.execute({ sql, args: [id] });
      return rows.map((row) => ({ id: Number(row["id"]), actor: row["actor"] }));
    };
    let last = (await entriesAfter(0)).at(-1)!.id;
    let changes = 0;
    const wrong: string[] = [];
    await keepsItsContract({
      database: client,
      token: body.token,
      async fetch(path, init) {
        // What the story itself wrote meanwhile is no route's.
        last = (await entriesAfter(last)).at(-1)?.id ?? last;
        const response = await app.fetch(new Request(`http://worker.test${path}`, init));
        const entries = await entriesAfter(last);
        const isChange = response.ok && !["GET", undefined].includes(init.method);
        if (isChange) changes++;
        const isRight = isChange
          ? entries.some(({ actor }) => actor === "token desk")
          : entries.length === 0;
        if (!isRight) wrong.push(`${init.method} ${path}: ${JSON.stringify(entries)}`);
        return response;
      },
    });
    assert.deepEqual(wrong, []);
    assert.ok(changes > 30, `${changes} changes`);
  });
}, { only: ["file:"] });
