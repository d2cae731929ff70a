// Where much is to be counted for the first page, the figures are kept, and say of when they are.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { aroundStatements } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { adminToken } from "../app-under-test.ts";
import { Browser } from "../console/browser.ts";

const MINUTE_MS = 60_000;

eachDatabase("the figures of the first page", (database) => {
  let world: AppUnderTest;
  const overview = async () => (await world.admin("GET", "/admin/overview")).body;
  const at = () => new Date(world.clock.now).toISOString();

  before(async () => {
    world = appUnderTest(database().client);
    for (const slug of ["oak", "elm"]) {
      await world.admin("POST", "/admin/schools", { slug, name: slug });
    }
  });

  async function addStudents(slug: string, first: number, count: number): Promise<void> {
    await database().client.execute({
      sql: `WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 + ?2 - 1)
            INSERT INTO students (school_id, username_key, username)
            SELECT schools.id, 's' || i, 's' || i FROM n, schools WHERE slug = ?3`,
      args: [first, count, slug],
    });
  }

  async function addUpload(slug: string, id: string, state: string, rejected = 0): Promise<void> {
    await database().client.batch([
      {
        sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
                address, client, accepted_at)
              SELECT ?, id, 'roster.csv', '20261122T101530123Z', ?, 1, 'a', '', '', '', ?
              FROM schools WHERE slug = ?`,
        args: [id, state, at(), slug],
      },
      {
        sql: "INSERT INTO rosters (upload_id, read, rejected) VALUES (?, 1, ?)",
        args: [id, rejected],
      },
    ], "write");
  }

  test("they are of this moment while there is little to be counted", async () => {
    const none = await overview();
    assert.deepEqual([none.schools, none.students, none.countedAt], [2, 0, at()]);
    assert.equal(none.days.length, 30);
    await addStudents("oak", 1, 3);
    await addUpload("oak", "whole", "completed");
    await addUpload("oak", "part", "completed", 2);
    await addUpload("elm", "held", "held");
    world.clock.now += 1_000;
    const some = await overview();
    assert.deepEqual([some.students, some.countedAt], [3, at()]);
    const day = at().slice(0, 10);
    assert.deepEqual(some.days.at(-1), { day, applied: 1, withRejections: 1, refused: 1 });
    const browser = new Browser(world.app);
    await browser.post("/console/sign-in", { token: adminToken });
    assert.doesNotMatch((await browser.open("/console")).html, /were counted/);
  });

  test("where there is much they are of at most 15 minutes before, and the page says of when", async () => {
    await addStudents("oak", 100, 1_000);
    const counted = at();
    assert.deepEqual((await overview()).students, 1_003);
    await addStudents("oak", 2_000, 5);
    await addUpload("oak", "later", "completed");
    world.clock.now += 14 * MINUTE_MS;
    const kept = await overview();
    assert.deepEqual([kept.students, kept.countedAt], [1_003, counted]);
    assert.equal(kept.days.at(-1).applied, 1);
    const browser = new Browser(world.app);
    await browser.post("/console/sign-in", { token: adminToken });
    const { html } = await browser.open("/console");
    assert.match(html, new RegExp(`were counted <time datetime="${counted}"`));

    world.clock.now += MINUTE_MS;
    const anew = await overview();
    assert.deepEqual([anew.students, anew.countedAt], [1_008, at()]);
    assert.equal(anew.days.at(-1).applied, 2);
  });

  test("a school that is new is counted at once, beside those that are kept", async () => {
    await world.admin("POST", "/admin/schools", { slug: "ash", name: "Ash" });
    await addStudents("ash", 1, 7);
    world.clock.now += MINUTE_MS;
    const counted = await overview();
    assert.deepEqual([counted.schools, counted.students], [3, 1_015]);
    assert.notEqual(counted.countedAt, at());
  });

  test("who is limited to a school sees its figures only", async () => {
    const name = "of elm";
    const made = await world.admin("POST", "/admin/tokens", {
      name,
      role: "viewer",
      schools: ["elm"],
    });
    const headers = { authorization: `Bearer ${made.body.token}` };
    const answer = await world.app.fetch(
      new Request("http://worker.test/admin/overview", { headers }),
    );
    const { schools, students, days } = await answer.json();
    assert.deepEqual([schools, students], [1, 0]);
    assert.deepEqual([days.at(-1).applied, days.at(-1).refused], [0, 1]);
  });

  test("a day that is not of the last thirty any more is not shown, though it was counted with them", async () => {
    world.clock.now = Date.parse("2026-12-20T23:59:00.000Z");
    await overview();
    world.clock.now += 2 * MINUTE_MS;
    const { days, countedAt } = await overview();
    assert.equal(countedAt, "2026-12-20T23:59:00.000Z");
    assert.deepEqual([days.length, days[0].day, days.at(-1).day], [30, "2026-11-22", "2026-12-21"]);
  });

  test("figures that were counted by a clock that was ahead are not used", async () => {
    await database().client.execute("UPDATE figures SET counted_at = '2031-01-01T00:00:00.000Z'");
    assert.equal((await overview()).countedAt, at());
  });

  test("a database that has no room for what was counted is no hindrance", async () => {
    const { client } = database();
    await client.execute("DELETE FROM figures");
    let refused = 0;
    const full = aroundStatements(client, (make, statement) => {
      if (!JSON.stringify(statement).includes("INTO figures")) return make();
      refused++;
      throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
    });
    const { status, body } = await appUnderTest(full).admin("GET", "/admin/overview");
    assert.deepEqual([status, body.students, refused], [200, 1_015, 1]);
  });

  test("of a school that is purged after it was counted no figures are kept", async () => {
    const { client } = database();
    await client.execute("DELETE FROM figures");
    const purging = aroundStatements(client, async (make, statement) => {
      if (JSON.stringify(statement).includes("INTO figures")) {
        const purged = await world.admin("DELETE", "/admin/schools/ash?confirm=ash");
        assert.equal(purged.status, 202);
      }
      return await make();
    });
    const { body } = await appUnderTest(purging).admin("GET", "/admin/overview");
    assert.deepEqual([body.schools, body.students], [3, 1_015]);
    const { rows } = await client.execute(
      "SELECT slug FROM figures LEFT JOIN schools ON id = school_id ORDER BY slug",
    );
    assert.deepEqual(rows.map(({ slug }) => slug), ["elm", "oak"]);
  });
});
