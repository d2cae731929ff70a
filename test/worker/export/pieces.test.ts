// SPEC 6: an export of any size is made in bounded transactions, and each verification is in exactly
// one export, whatever crashes when.
import assert from "node:assert/strict";
import type { Client } from "@libsql/client";
import fc from "fast-check";
import { openDatabase } from "../../../worker/database/client.ts";
import { unfinishedExports } from "../../../worker/database/school/exports.ts";
import { tick } from "../../../worker/export/tick.ts";
import { aroundBatches } from "../database/around.ts";
import {
  addSchool,
  exportNow,
  exportsOf,
  midnight,
  readFile,
  schedule,
  student,
  verify,
  withdraw,
  world,
} from "./school-world.ts";
import { sentences } from "./sentences.ts";

const STUDENTS = 12_000;

const all = Array.from({ length: STUDENTS }, (_, index) => student(index + 1));

/** A database whose worker dies at a batch: before it, or when it is done and not yet answered. */
function dying(database: Client, batchesLeft: number, answered: boolean): Client {
  let left = batchesLeft;
  return aroundBatches(database, async (make) => {
    if (--left >= 0) return await make();
    if (answered) await make();
    throw Object.assign(new Error("the worker is dead"), { code: "SQLITE_BUSY" });
  });
}

async function namesIn(database: Client, stored: Parameters<typeof readFile>[1]) {
  const lines = (await readFile(database, stored)).split("\r\n").slice(1, -1);
  return lines.map((line) => line.split(",")[0]!.toLowerCase());
}

sentences("exports in pieces", {
  "an export of any size is made in bounded transactions": async (database) => {
    const id = await addSchool(database, STUDENTS);
    const written: number[] = [];
    const watched = aroundBatches(database, async (make) => {
      const results = await make();
      written.push(Math.max(...results.map(({ rowsAffected }) => rowsAffected)));
      return results;
    });
    const here = world(watched);
    await verify(world(database), id, all);
    await exportNow(here, id);
    assert.deepEqual(written, [5_000, 5_000, 2_000]);
    const [made] = await exportsOf(database, id);
    assert.equal(made!.students, STUDENTS);
    assert.deepEqual(await namesIn(database, made), all);
    const { rows } = await database.execute("SELECT command FROM commands");
    assert.equal(rows.length, 1, "it is delivered once");
  },

  "an export whose last piece is full is whole after an empty one, and delivered once": async (
    database,
  ) => {
    const id = await addSchool(database, 5_000);
    const here = world(database);
    await verify(here, id, all.slice(0, 5_000));
    await assert.rejects(exportNow(world(dying(database, 1, false)), id), /is dead/);
    assert.equal((await unfinishedExports(database, 10))[0]!.rows, 5_000);
    await tick(here.context);
    assert.deepEqual(await unfinishedExports(database, 10), []);
    const [made] = await exportsOf(database, id);
    assert.deepEqual(await namesIn(database, made), all.slice(0, 5_000));
    const { rows } = await database.execute("SELECT command FROM commands");
    assert.equal(rows.length, 1);
  },

  "what is verified or withdrawn while an export is being made is of the next, or of none": async (
    database,
  ) => {
    const id = await addSchool(database, STUDENTS);
    const here = world(database);
    await verify(here, id, all.slice(1));
    await assert.rejects(exportNow(world(dying(database, 1, false)), id), /is dead/);
    const [begun] = await unfinishedExports(database, 10);
    assert.equal(begun!.rows, 5_000);
    // Verified earlier than all of them, but told after the export was begun.
    await verify(here, id, all.slice(0, 1), midnight - 86_400_000);
    await withdraw(here, id, all[1]!);
    await withdraw(here, id, all[9_000]!);
    assert.equal((await tick(here.context)).unfinished, false);
    const [made] = await exportsOf(database, id);
    const names = all.slice(1).filter((name) => name !== all[9_000]);
    assert.deepEqual(await namesIn(database, made), names);
    here.clock.now += 1_000;
    await exportNow(here, id);
    const [, next] = await exportsOf(database, id);
    assert.deepEqual(await namesIn(database, next), all.slice(0, 1));
  },

  "each verification is in exactly one export, whatever crashes when": async (database, url) => {
    const other = await openDatabase({ url });
    try {
      const crash = fc.record({
        batches: fc.nat({ max: 4 }),
        answered: fc.boolean(),
        what: fc.constantFrom("tick" as const, "runNow" as const),
        both: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(crash, { minLength: 1, maxLength: 3 }), async (crashes) => {
          const id = await addSchool(database, STUDENTS);
          const here = world(database);
          await schedule(here, id, midnight);
          await verify(here, id, all);
          for (const { batches, answered, what, both } of crashes) {
            here.clock.now += 60_000;
            const dies = world(dying(database, batches, answered), here.clock.now);
            const lives = world(dying(other, batches + 1, answered), here.clock.now);
            await Promise.allSettled(
              [dies, ...(both ? [lives] : [])].map((worker) =>
                what === "tick" ? tick(worker.context) : exportNow(worker, id)
              ),
            );
          }
          here.clock.now += 86_400_000;
          while ((await tick(here.context)).unfinished);
          await exportNow(here, id);
          const made = await exportsOf(database, id);
          const names = (await Promise.all(made.map((stored) => namesIn(database, stored)))).flat();
          assert.equal(names.length, STUDENTS);
          assert.equal(new Set(names).size, STUDENTS);
          const { rows } = await database.execute({
            sql: "SELECT command FROM commands WHERE school_id = ?",
            args: [id],
          });
          const delivered = rows.map((row) => JSON.parse(String(row.command)).exportId).sort();
          assert.deepEqual(delivered, made.map((stored) => stored.id).sort());
        }),
        { numRuns: 6 },
      );
    } finally {
      other.close();
    }
  },
});
