import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("searching students", (database) => {
  test("a name is found as it is written, whatever its letters, and a question that is too long is refused", async () => {
    const { client } = database();
    const app = appUnderTest(client);
    await app.admin("POST", "/admin/schools", { slug: "lettered", name: "Lettered" });
    await client.execute(`INSERT INTO students (school_id, username_key, username, last_name)
      SELECT id, 'émile@college.edu', 'Émile@college.edu', 'Ångström' FROM schools
      WHERE slug = 'lettered'`);
    const ask = (q: string) =>
      app.admin("GET", `/admin/schools/lettered/students?q=${encodeURIComponent(q)}`);
    const found = async (q: string) => {
      const { status, body } = await ask(q);
      assert.equal(status, 200, JSON.stringify(body));
      return body.items.length;
    };
    for (const q of ["Ångström", "Émile", "émile ÅngSTRöm", "COLLEGE"]) {
      assert.equal(await found(q), 1, q);
    }
    assert.equal(await found("nobody"), 0);
    assert.equal(await found("e ".repeat(100)), 1);
    for (const q of ["e ".repeat(3_000), "x".repeat(60_000)]) {
      const { status, body } = await ask(q);
      assert.deepEqual([status, body.code], [400, "query_invalid"]);
    }
  });
});
