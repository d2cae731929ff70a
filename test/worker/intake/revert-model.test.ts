// SPEC section 9, Undo: whatever comes in which order, beside a model.
import type { Client } from "@libsql/client";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { SchoolId } from "../../../shared/protocol.ts";
import { revertAgain } from "../../../worker/database/school/revert-again.ts";
import { listRemains } from "../../../worker/database/school/revert-remains.ts";
import { beginRevert } from "../../../worker/database/school/reverts.ts";
import { carryOutRevert } from "../../../worker/intake/revert.ts";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase, runsOver } from "../database/each-database.ts";
import { row, undoSchool } from "./undo-school.ts";

eachDatabase("undo beside a model", (opened) => {
  const school = () => undoSchool(opened().client);

  /** Each third batch or so fails, before it or after it took effect. */
  function flaky(client: Client, random: () => number): Client {
    return aroundBatches(client, async (make) => {
      const dice = random();
      if (dice < 0.2) throw new Error("cut off before");
      const results = await make();
      if (dice > 0.8) throw new Error("cut off after");
      return results;
    });
  }

  const names = ["a", "b", "c", "d", "e"];
  const someone = fc.constantFrom(...names);
  const rowOf = fc.record({
    name: someone,
    id: fc.option(fc.integer({ min: 1, max: 2 }), { nil: null }),
    first: fc.option(fc.constantFrom("X", "Y", "Z"), { nil: null }),
  });
  const move = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant("upload" as const),
        isSnapshot: fc.boolean(),
        rows: fc.uniqueArray(rowOf, { selector: ({ name }) => name, maxLength: 5 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("verify" as const), name: someone }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("export" as const) }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("revert" as const), which: fc.nat() }) },
  );

  test("whatever is uploaded, verified, exported and reverted, it is as the model says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(move, { minLength: 3, maxLength: 14 }),
        fc.nat(),
        async (moves, seed) => {
          let dice = seed;
          const random = () => (dice = (dice * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
          const world = await school();
          type Values = { id: string | null; first: string | null; isInactive: boolean };
          /** Each student: what stands, and what stood before each upload that still counts. */
          const model = new Map<
            string,
            { values: Values; by: { upload: string; before: Values | null }[] }
          >();
          const verified = new Set<string>();
          const uploads: string[] = [];
          /** What each revert came to so far. */
          const reverted = new Map<
            string,
            { restored: number; removed: number; madeInactive: number }
          >();
          /** Whom a revert made inactive, as it could not take them away. */
          const kept = new Set<string>();
          for (const one of moves) {
            if (one.type === "upload") {
              const given = one.rows.map(({ name, id, first }) => ({
                name,
                id: id === null ? null : `${name}${id}`,
                first,
              }));
              const id = await world[one.isSnapshot ? "snapshot" : "send"](
                ...given.map(({ name, id, first }) => row(name, id ?? "", first ?? "")),
              );
              uploads.push(id);
              const change = (stood: NonNullable<ReturnType<typeof model.get>>, after: Values) => {
                if (isDeepStrictEqual(after, stood.values)) return;
                stood.by.push({ upload: id, before: stood.values });
                stood.values = after;
              };
              for (const { name, id: studentId, first } of given) {
                const values = { id: studentId, first, isInactive: false };
                const stood = model.get(name);
                if (!stood) model.set(name, { values, by: [{ upload: id, before: null }] });
                else {
                  change(stood, {
                    id: studentId ?? stood.values.id,
                    first: first ?? stood.values.first,
                    isInactive: false,
                  });
                }
              }
              // A file without rows makes nobody inactive.
              for (const [name, stood] of one.isSnapshot && given.length > 0 ? model : []) {
                if (given.some((row) => row.name === name)) continue;
                change(stood, { ...stood.values, isInactive: true });
              }
            } else if (one.type === "verify") {
              const { verified: done } = await world.verify(one.name);
              if (model.has(one.name)) verified.add(one.name);
              assert.ok(done.length <= 1);
            } else if (one.type === "export") {
              await world.export();
            } else if (uploads.length > 0) {
              const id = uploads[one.which % uploads.length]!;
              const so = reverted.get(id) ?? { restored: 0, removed: 0, madeInactive: 0 };
              const since: string[] = [];
              for (const [name, student] of model) {
                const at = student.by.findIndex(({ upload }) => upload === id);
                if (at === -1 || kept.has(`${id} ${name}`)) continue;
                const { before } = student.by[at]!;
                if (at < student.by.length - 1) since.push(name);
                else if (before !== null) {
                  student.values = before;
                  student.by.pop();
                  so.restored++;
                } else if (!verified.has(name)) {
                  model.delete(name);
                  so.removed++;
                } else {
                  student.values = { ...student.values, isInactive: true };
                  kept.add(`${id} ${name}`);
                  so.madeInactive++;
                }
              }
              reverted.set(id, so);
              const by = { actor: "admin", at: new Date(world.under.clock.now).toISOString() };
              const upload = { id, schoolId: world.id as SchoolId };
              await world.database.batch([
                ...revertAgain(id, null, by),
                beginRevert(upload, null, by),
              ], "write");
              const unreliable = flaky(world.database, random);
              for (let done = false, tries = 0; !done; tries++) {
                assert.ok(tries < 500);
                done = await carryOutRevert(unreliable, id, by.at, 2).then(() => true, (error) => {
                  if (/^cut off/.test(error.message)) return false;
                  throw error;
                });
              }
              const answer = await world.revert(id);
              const remains = await listRemains(world.database, id, {
                limit: 50,
                after: undefined,
              });
              const left = remains.filter(({ why }) => why === "changed_since")
                .map(({ username }) => username.replace("@x.edu", ""));
              const { restored, removed, madeInactive } = answer;
              assert.deepEqual(
                { restored, removed, madeInactive, left },
                { ...so, left: since.toSorted() },
              );
              assert.equal(answer.again, false);
            }
            const stored = (await world.stored()).map((student) => [
              student["username_key"],
              student["student_id"],
              student["first_name"],
              student["inactive_since"] !== null,
            ]);
            const expected = [...model].map(([name, { values }]) => [
              `${name}@x.edu`,
              values.id,
              values.first,
              values.isInactive,
            ]).toSorted((a, b) => String(a[0]) < String(b[0]) ? -1 : 1);
            assert.deepEqual(stored, expected);
          }
        },
      ),
      { numRuns: runsOver(opened().client, 30) },
    );
  });
}, { only: ["file:", "http:"] });
