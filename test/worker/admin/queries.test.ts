import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("what stands behind the question mark", (database) => {
  let app: AppUnderTest;
  before(async () => {
    app = appUnderTest(database().client);
    await app.admin("POST", "/admin/schools", { slug: "asked", name: "Asked" });
    const { rows } = await database().client.execute("SELECT id FROM schools WHERE slug = 'asked'");
    const students = [
      ["ana@x.edu", "S1", "García", "Ana"],
      ["bo_b@x.edu", "S2", "Berg", "Bo"],
      ["cy@x.edu", "S33", "Anand", "Cy"],
    ];
    for (const [username, studentId, lastName, firstName] of students) {
      await database().client.execute({
        sql: `INSERT INTO students
          (school_id, username_key, username, student_id, last_name, first_name)
          VALUES (?, ?, ?, ?, ?, ?)`,
        args: [rows[0]!["id"]!, username!, username!, studentId!, lastName!, firstName!],
      });
    }
  });

  test("a parameter that a route does not know is refused by its name, on every route", async () => {
    const routes = app.app.routes.filter(({ method, path }) =>
      ["GET", "POST", "PUT", "PATCH", "DELETE"].includes(method) && path.startsWith("/admin/")
    );
    assert.ok(routes.length > 20);
    for (const { method, path } of routes) {
      const address = path.replace(/:\w+(\{[^}]*\})?/g, "asked");
      const { status, body } = await app.admin(method, `${address}?nothing=1`);
      assert.equal(status, 400, `${method} ${path}`);
      assert.equal(body.code, "query_unknown");
      assert.match(body.detail, /"nothing"; it takes /);
    }
  });

  test("a bad cursor, a bad limit and a parameter given twice are refused", async () => {
    const list = (query: string) => app.admin("GET", `/admin/schools${query}`);
    assert.equal((await list("?cursor=abc")).body.code, "cursor_invalid");
    assert.equal((await list("?limit=0")).body.code, "limit_invalid");
    assert.equal((await list("?limit=1&limit=2")).body.code, "query_repeated");
    const wrong = await list("?after=abc");
    assert.match(wrong.body.detail, /has the query parameter "after"; it takes limit, cursor/);
  });

  test("students are found by name, Username or StudentId", async () => {
    const found = async (q: string) => {
      const { status, body } = await app.admin(
        "GET",
        `/admin/schools/asked/students?q=${encodeURIComponent(q)}`,
      );
      assert.equal(status, 200);
      return body.items.map(({ username }: { username: string }) => username);
    };
    assert.deepEqual(await found("ana"), ["ana@x.edu", "cy@x.edu"]);
    assert.deepEqual(await found("ANA S33"), ["cy@x.edu"]);
    assert.deepEqual(await found("bo_b"), ["bo_b@x.edu"]);
    assert.deepEqual(await found("o_@"), []);
    assert.deepEqual(await found("%"), []);
    assert.equal((await found("")).length, 3);
  });

  test("the audit trail is asked for one school or one kind of change", async () => {
    await app.admin("POST", "/admin/schools", { slug: "other", name: "Other" });
    await app.admin("PATCH", "/admin/schools/asked", { name: "Asked more" });
    const listed = async (query: string) => {
      const { body } = await app.admin("GET", `/admin/audit${query}`);
      return body.items.map((entry: { action: string; school: string }) =>
        `${entry.school} ${entry.action}`
      );
    };
    assert.deepEqual(await listed("?school=asked"), [
      "asked school.changed",
      "asked school.created",
    ]);
    assert.deepEqual(await listed("?action=school.created"), [
      "other school.created",
      "asked school.created",
    ]);
    assert.deepEqual(await listed("?action=school.created&school=other"), ["other school.created"]);
    app.clock.now += 60_000;
    const since = new Date(app.clock.now).toISOString().replace("Z", "%2B00:00");
    await app.admin("PATCH", "/admin/schools/other", { name: "Another" });
    assert.deepEqual(await listed(`?since=${since}`), ["other school.changed"]);
    assert.equal((await app.admin("GET", "/admin/audit?since=2026-02-30T00:00:00Z")).status, 400);
  });
});
