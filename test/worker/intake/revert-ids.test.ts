// SPEC section 9, Undo: StudentIds that an upload moved between students.
import type { Client } from "@libsql/client";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { beginRevert } from "../../../worker/database/school/reverts.ts";
import { inTurn, settleIds } from "../../../worker/intake/revert-ids.ts";
import { carryOutRevert } from "../../../worker/intake/revert.ts";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase, runsOver } from "../database/each-database.ts";
import { row, undoSchool } from "./undo-school.ts";

/** How many StudentIds each batch gives back. */
function counted(database: Client): { client: Client; batches: number[] } {
  const batches: number[] = [];
  const client = aroundBatches(database, (make, statements) => {
    const gives = (statements as { sql: string; args: unknown[] }[])
      .find(({ sql }) => /SET student_id = NULL/.test(sql));
    if (gives) batches.push(JSON.parse(gives.args.at(-1) as string).length);
    return make();
  });
  return { client, batches };
}

test("200,000 who pass theirs round in one ring stay together", () => {
  const count = 200_000;
  const key = (i: number) => `s${i % count}`;
  const ring = Array.from({ length: count }, (_, i) => ({
    change: i,
    usernameKey: key(i),
    username: key(i),
    before: key(i + 1),
    now: key(i),
    holder: { usernameKey: key(i + 1), username: key(i + 1) },
  }));
  const { restored } = settleIds(ring);
  assert.deepEqual(Array.from(inTurn(restored, 1000), ({ length }) => length), [count]);
});

eachDatabase("undo of StudentIds", (opened) => {
  async function reverted(before: string[], after: string[], page: number) {
    const world = await undoSchool(opened().client);
    const rows = (ids: string[]) => ids.map((id, i) => row(`s${i}`, id));
    await world.send(...rows(before));
    const stored = await world.stored();
    const id = await world.send(...rows(after));
    const by = { actor: "admin", at: new Date(world.under.clock.now).toISOString() };
    await world.database.execute(beginRevert({ id, schoolId: world.id as SchoolId }, null, by));
    const { client, batches } = counted(world.database);
    const { restored } = await carryOutRevert(client, id, by.at, page);
    assert.deepEqual(await world.stored(), stored);
    return { restored, batches };
  }
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => `N${i}`);

  test("those who passed theirs on get them back a few at a time, and who swapped stay together", async () => {
    const passedOn = [...numbers(10).slice(1), "N10"];
    assert.deepEqual(await reverted(numbers(10), passedOn, 4), {
      restored: 10,
      batches: [4, 4, 2],
    });
    const swapped = numbers(10).map((_, i) => `N${i ^ 1}`);
    assert.deepEqual(await reverted(numbers(10), swapped, 4), { restored: 10, batches: [4, 4, 2] });
    const ring = [...numbers(6).slice(1), "N0"];
    assert.deepEqual(await reverted(numbers(6), ring, 4), { restored: 6, batches: [6] });
  });

  /** Each of so many has what the one after had before, with a Username as long as they may be. */
  async function passedOn(count: number) {
    const world = await undoSchool(opened().client);
    const { database, id: school } = world;
    const id = await world.send(row("first"));
    const students = `SELECT value AS i, printf('%0240d@x.edu', value) AS name
      FROM generate_series(1, ${count})`;
    await database.batch([
      {
        sql: `INSERT INTO students (school_id, username_key, username, student_id, changed_by)
          SELECT ?, name, name, 'S' || (i + 1), ? FROM (${students})`,
        args: [school, id],
      },
      {
        sql: `INSERT INTO student_changes (school_id, username_key, upload_id, part, at, previous,
            student_id, new_student_id)
          SELECT ?, name, ?, i % 3, '', 'before', 'S' || i, 'S' || (i + 1) FROM (${students})`,
        args: [school, id],
      },
    ], "write");
    const revert = async () => {
      const by = { actor: "admin", at: new Date(world.under.clock.now).toISOString() };
      await database.execute(beginRevert({ id, schoolId: school as SchoolId }, null, by));
      return await carryOutRevert(database, id, by.at);
    };
    const counted = async (what: string, args: (string | number)[]) => {
      const { rows } = await database.execute({ sql: `SELECT count(*) AS n FROM ${what}`, args });
      return rows[0]!["n"];
    };
    return { world, id, revert, counted };
  }

  test("they are given back to more students than a remote database answers with at once", async () => {
    const { world, revert, counted } = await passedOn(12_000);
    const { restored } = await revert();
    assert.equal(restored, 12_000);
    const isAnothers = "username_key <> printf('%0240d@x.edu', substr(student_id, 2))";
    assert.equal(await counted(`students WHERE school_id = ? AND ${isAnothers}`, [world.id]), 0);
  });

  test("more students than one statement takes are told that theirs is another's", async () => {
    const { world, id, revert, counted } = await passedOn(8_000);
    await world.send(row("other", "S1"));
    const { restored } = await revert();
    assert.equal(restored, 0);
    const taken = "revert_remains WHERE upload_id = ? AND why = 'student_id_taken'";
    assert.equal(await counted(taken, [id]), 8_000);
  });

  test("however an upload moved them, all are as before", async () => {
    const ids = fc.integer({ min: 2, max: 9 }).chain((count) => {
      const free = [...numbers(count), "M0", "M1", "M2"];
      return fc.shuffledSubarray(free, { minLength: count, maxLength: count });
    });
    await fc.assert(
      fc.asyncProperty(ids, fc.integer({ min: 1, max: 4 }), async (after, page) => {
        await reverted(numbers(after.length), after, page);
      }),
      { numRuns: runsOver(opened().client, 40) },
    );
  });
}, { only: ["file:", "http:"] });
