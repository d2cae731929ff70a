// DESIGN: a slice costs two round trips to the database.
import type { Client, InStatement } from "@libsql/client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { aroundBatches, aroundStatements } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { openDatabase } from "../../../worker/database/client.ts";
import { announceUpload } from "../../../worker/database/school/arrivals.ts";
import { applySlice } from "../../../worker/intake/apply.ts";
import { WrongOffset } from "../../../worker/intake/lane.ts";
import { LISTED_PROBLEMS } from "../../../worker/roster/changes.ts";
import { header, makeSchool, students, upload } from "../roster/world.ts";

interface Traffic {
  trips: number;
  /** Rows that the database answered with. */
  rows: number;
  statements: { sql: string; args: unknown }[];
}

/** A client that counts what goes to the database and comes back. */
function counting(client: Client): { client: Client; traffic: Traffic } {
  const traffic: Traffic = { trips: 0, rows: 0, statements: [] };
  const note = (statement: InStatement) => {
    if (typeof statement === "object") {
      traffic.statements.push({ sql: statement.sql, args: statement.args });
    }
  };
  const alone = aroundStatements(client, async (make, statement) => {
    traffic.trips++;
    note(statement);
    const result = await make();
    traffic.rows += result.rows.length;
    return result;
  });
  const counted = aroundBatches(alone, async (make, statements) => {
    traffic.trips++;
    statements.forEach(note);
    const results = await make();
    // A row for each slice before, 12 bytes for each of its rows, is another thing.
    for (const { rows, columns } of results) {
      if (columns[0] !== "seen") traffic.rows += rows.length;
    }
    return results;
  });
  return { client: counted, traffic };
}

const rows = (count: number, idOf: (i: number) => string) =>
  header + Array.from({ length: count }, (_, i) => `u${i}@x.edu,${idOf(i)},,,,,,,1\r\n`).join("");

async function announced(client: Client, school: number, size: number): Promise<string> {
  const id = crypto.randomUUID();
  await announceUpload(client, {
    lane: "roster",
    parked: null,
    id: id as never,
    schoolId: school as never,
    name: "r.csv",
    timeCode: "20261121T000000000Z",
    acceptedAt: "2026-11-21T00:00:00.000Z",
    size,
    sha256: "0".repeat(64),
    sender: { fingerprint: "", address: "", client: "" },
  }, "2026-11-21T00:00:00.000Z");
  return id;
}

eachDatabase("what a slice costs", (opened) => {
  test("two round trips a slice, however many slices were before it, and the answer is the position", async () => {
    const { client, traffic } = counting(opened().client);
    const school = await makeSchool(client);
    const bytes = new TextEncoder().encode(rows(60, (i) => `S${i}`));
    const id = await announced(client, school, bytes.length);
    const costs: number[] = [];
    let state = "accepted", offset = 0;
    while (state !== "completed") {
      [traffic.trips, traffic.rows] = [0, 0];
      const options = { database: client, sliceRows: 10, now: 0 };
      const slice = { id, bridge: "default", school, pass: "apply", offset };
      const { position } = await applySlice(
        { ...slice, bytes: bytes.subarray(offset) },
        options,
      );
      ({ state, offset } = position);
      costs.push(traffic.trips);
    }
    assert.deepEqual(costs, Array(6).fill(2));
    assert.equal(offset, bytes.length);
  });

  test("a bridge that does not say whose upload it is costs one round trip more; one that says another school's is not the next", async () => {
    const { client, traffic } = counting(opened().client);
    const [school, other] = [await makeSchool(client), await makeSchool(client)];
    const bytes = new TextEncoder().encode(rows(3, (i) => `T${i}`));
    const id = await announced(client, school, bytes.length);
    const options = { database: client, sliceRows: 10, now: 0 };
    const slice = { id, bridge: "default", pass: "apply", offset: 0, bytes };
    await assert.rejects(applySlice({ ...slice, school: other }, options), WrongOffset);
    traffic.trips = 0;
    assert.equal((await applySlice(slice, options)).position.state, "completed");
    assert.equal(traffic.trips, 3);
  });

  test("StudentIds that rotate: each slice looks up what its own rows name, not all rows that wait", async () => {
    const { client, traffic } = counting(opened().client);
    const school = await makeSchool(client);
    const count = 400;
    await upload(client, school, rows(count, (i) => `S${i}`));
    [traffic.trips, traffic.rows] = [0, 0];
    const { counts } = await upload(client, school, rows(count, (i) => `S${(i + 1) % count}`), {
      sliceRows: 10,
    });
    assert.deepEqual([counts["updated"], counts["rejected"]], [count, 0]);
    // A few rows for each row of the file; all that wait in each slice would be 8,000 at least.
    assert.ok(traffic.rows < 5 * count, `${traffic.rows} rows for ${count}`);
    const [first] = await students(client, school);
    assert.equal(first!["student_id"], "S1");
  });

  test("every statement of a roster's slices finds its rows by a key", async () => {
    const { client, traffic } = counting(opened().client);
    const school = await makeSchool(client);
    await upload(client, school, rows(40, (i) => `S${i}`));
    const again = rows(40, (i) => `S${(i + 1) % 40}`) +
      "u1@x.edu,S7,,,,,,,1\r\nu2@x.edu,,,,,,,,7\r\n";
    await upload(client, school, again, { sliceRows: 5 });
    const plans = new Map(traffic.statements.map(({ sql, args }) => [sql, args]));
    assert.ok(plans.size > 15);
    // The native library leaves an explained statement open, and its connection commits no more.
    const explaining = await openDatabase({ url: opened().url });
    for (const [sql, args] of plans) {
      const plan = await explaining.execute({
        sql: `EXPLAIN QUERY PLAN ${sql}`,
        args: args as never,
      });
      for (const { detail } of plan.rows) {
        assert.doesNotMatch(
          String(detail),
          /^SCAN (?!json_each|given|waiting|which$|d$|CONSTANT|directory|schools)/,
          sql,
        );
      }
    }
    explaining.close();
  });

  test("rows that wait are settled once, also when the worker ended after the last slice", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    await upload(database, school, rows(4, (i) => `S${i}`));
    let isCut = true;
    const { client } = counting(database);
    const failing = aroundBatches(client, (make, statements) => {
      const settles = statements.some((statement) =>
        typeof statement === "object" &&
        /INSERT INTO students .*deferred_rows/s.test(statement.sql)
      );
      if (settles && isCut) {
        isCut = false;
        return Promise.reject(new Error("the worker ended"));
      }
      return make();
    });
    const file = rows(4, (i) => `S${(i + 1) % 4}`) + "late@x.edu,S0,,,,,,,1\r\n";
    await assert.rejects(upload(failing, school, file), /the worker ended/);
    const { rows: [unfinished] } = await database.execute({
      sql: "SELECT id FROM uploads WHERE school_id = ? AND state = 'processing'",
      args: [school],
    });
    const size = new TextEncoder().encode(file).length;
    const options = { database, sliceRows: 10, now: 0 };
    const id = String(unfinished!["id"]);
    // The bridge goes on from the position, which is the end of the file, with nothing.
    const slice = { id, bridge: "default", pass: "apply", offset: size, bytes: new Uint8Array() };
    const tries = [1, 2, 3].map(() => applySlice(slice, options));
    const done = (await Promise.allSettled(tries)).filter(({ status }) => status === "fulfilled");
    assert.equal(done.length, 1);
    const ids = (await students(database, school)).map((student) => student["student_id"]);
    assert.deepEqual(ids, ["S1", "S2", "S3", "S0"]);
    const { rows: [left] } = await database.execute({
      sql: "SELECT count(*) AS n FROM deferred_rows WHERE upload_id = ?",
      args: [id],
    });
    assert.equal(left!["n"], 0);
  });
});

eachDatabase("a report of very many problems", (opened) => {
  test("of a file's problems the first 50,000 are listed, all are counted, and the summary says so", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const bad = "x,#,,,1,1,G,,7\r\n".repeat(12_000);
    const { counts, report } = await upload(database, school, header + bad);
    assert.equal(counts["rejected"], 12_000);
    assert.equal(counts["warnings"], 12_000);
    assert.equal(counts["unlisted"], 6 * 12_000 - LISTED_PROBLEMS);
    assert.equal(report.length, 1 + LISTED_PROBLEMS);
    assert.match(report[0]!, /22000 more problems are counted and not listed here/);
  });
}, { only: ["file:"] });

eachDatabase("very many StudentIds that others have", (opened) => {
  test("more rows than one statement takes wait for the end of the file, and each is told whose its StudentId is", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const count = 18_000;
    const name = (of: string, i: number) => `${of}${String(i).padStart(240, "0")}@x.edu`;
    await database.execute({
      sql: `INSERT INTO students (school_id, username_key, username, student_id)
        SELECT ?, name, name, 'S' || i
        FROM (SELECT value AS i, printf('a%0240d@x.edu', value) AS name
          FROM generate_series(1, ?))`,
      args: [school, count],
    });
    const rows = Array.from(
      { length: count },
      (_, i) => `${name("b", i + 1)},S${i + 1},,,,,,,1\r\n`,
    );
    const { state, counts, report } = await upload(database, school, header + rows.join(""), {
      sliceRows: 5000,
    });
    assert.deepEqual([state, counts["rejected"], report.length], ["completed", count, 1 + count]);
    for (const i of [1, 999, 1000, 1001, count]) {
      assert.ok(
        report[i]!.startsWith(`${i + 1},${name("b", i)},StudentId,error,student_id_taken,`),
      );
      assert.ok(report[i]!.includes(name("a", i)));
    }
  });

  for (const isChecked of [false, true]) {
    const how = isChecked ? "checked" : "applied";
    test(`more students than one value holds, who pass theirs on in several rows each, are ${how}`, async () => {
      const database = opened().client;
      const school = await makeSchool(database);
      const count = 5_000;
      const name = (i: number) => `u${i % count}@x.edu`;
      const long = "\u8a9e".repeat(190);
      const of = (idOf: (i: number) => number, rows: number, values: string) =>
        header +
        Array.from({ length: rows }, (_, i) => `${name(i)},S${idOf(i)},${values},,,,,1\r\n`)
          .join("");
      await upload(database, school, of((i) => i, count, "Lee,Ann"));
      const file = of((i) => (i + 1) % count, 2 * count, `${long},${long}`);
      const terms = { checkOnly: false, additionsUntil: null, isSnapshot: false };
      const { state, counts } = await upload(database, school, file, isChecked ? { terms } : {});
      assert.deepEqual([state, counts["rejected"], counts["updated"]], ["completed", 0, count]);
      const stored = await students(database, school);
      assert.equal(stored.length, count);
      for (const { username, student_id, last_name } of stored) {
        assert.equal(student_id, `S${(Number(String(username).slice(1, -6)) + 1) % count}`);
        assert.equal(last_name, long);
      }
    });
  }
}, { only: ["file:", "http:"] });
