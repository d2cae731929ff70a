// SPEC section 9, Undo: cut off at each of its batches, alone and beside another revert of the school.
import type { Client } from "@libsql/client";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { purgeSchool } from "../../../worker/database/purge.ts";
import { revertAgain } from "../../../worker/database/school/revert-again.ts";
import { beginRevert } from "../../../worker/database/school/reverts.ts";
import { carryOutRevert } from "../../../worker/intake/revert.ts";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { dying, inactiveOf, row, undoSchool, why } from "./undo-school.ts";

type World = Awaited<ReturnType<typeof undoSchool>>;

/** Something happens just before a batch that has this in it. */
function before(client: Client, words: string, happens: () => Promise<void>): Client {
  return aroundBatches(client, async (make, statements) => {
    if (JSON.stringify(statements).includes(words)) await happens();
    return await make();
  });
}

interface Cut {
  batches: number;
  isAfter: boolean;
  /** Students a batch. */
  page: number;
}

/** Begins a revert, or goes on with it. @returns whether it came to its end */
async function begin(world: World, id: string, { batches, isAfter, page }: Cut) {
  const by = { actor: "admin", at: new Date(world.under.clock.now).toISOString() };
  await world.database.batch([
    ...revertAgain(id, null, by),
    beginRevert({ id, schoolId: world.id as SchoolId }, null, by),
  ], "write");
  return await carryOutRevert(dying(world.database, batches, isAfter), id, by.at, page)
    .then(() => true, (error) => {
      assert.equal(error.message, "gone");
      return false;
    });
}

eachDatabase("undo that is cut off", (opened) => {
  /** Of all that a revert can have to do something. */
  async function wronged(client = opened().client) {
    const world = await undoSchool(client);
    const { send, snapshot, verify } = world;
    await send(row("a", "1"), row("b", "2"), row("c", "3"), row("d", "4"), row("e", "5", "Eve"));
    const wrong = await snapshot(
      ...[row("a", "2"), row("b", "1"), row("c", "8"), row("e", "5", "Eva")],
      ...[row("n", "4x"), row("o", "9"), row("p", "10")],
    );
    await send(row("z", "3"));
    await verify("a", "o");
    await world.export();
    await verify("p");
    return { ...world, wrong };
  }
  const outcome = async ({ stored, history }: World, wrong: string, revert: World["revert"]) => {
    const { restored, removed, madeInactive, items } = await revert(wrong);
    const steps = await Promise.all(
      [..."abcdeop"].map(async (name) => (await history(name)).items.length),
    );
    const students = (await stored()).map((one) => [one["username"], one["student_id"]]);
    const left = inactiveOf(await stored());
    return { restored, removed, madeInactive, items: why({ items }), steps, students, left };
  };

  test("it comes to the same when it is cut off at each of its batches", async () => {
    const whole = await wronged();
    const expected = await outcome(whole, whole.wrong, whole.revert);
    assert.deepEqual(
      [expected.restored, expected.removed, expected.madeInactive, expected.items.length],
      [4, 1, 2, 4],
    );
    for (const [batches, isAfter] of [[0, true], [1, false]] as const) {
      const world = await wronged();
      let cuts = 0;
      while (!await begin(world, world.wrong, { batches, isAfter, page: 2 })) cuts++;
      assert.ok(cuts > 7, `${cuts} batches`);
      assert.deepEqual(await outcome(world, world.wrong, world.revert), expected);
    }
  });

  test("asked for again, it comes to the same when it is cut off at each of its batches", async () => {
    const hindered = async () => {
      const world = await wronged();
      const later = await world.send(
        ...[row("a", "11"), row("b", "12"), row("e", "5", "Evi"), row("n", "13")],
        row("o", "14"),
      );
      const first = await world.revert(world.wrong);
      assert.deepEqual(
        [first.restored, first.removed, first.madeInactive, first.again],
        [1, 0, 1, false],
      );
      assert.deepEqual((await world.revert(later)).items.length, 0);
      return world;
    };
    const whole = await hindered();
    const expected = await outcome(whole, whole.wrong, whole.revert);
    assert.deepEqual([expected.restored, expected.removed, expected.madeInactive], [4, 1, 2]);
    for (const [batches, isAfter] of [[0, true], [1, false]] as const) {
      const world = await hindered();
      let cuts = 0;
      while (!await begin(world, world.wrong, { batches, isAfter, page: 2 })) cuts++;
      assert.ok(cuts > 7, `${cuts} batches`);
      assert.deepEqual(await outcome(world, world.wrong, world.revert), expected);
    }
  });

  const batches = {
    "before it begins": "SET rowid =",
    "in the middle": "'student_id_taken', value",
    "at its end": "SET finished_at =",
  };
  for (const [when, batch] of Object.entries(batches)) {
    test(`of a school that is purged meanwhile, ${when}, it leaves nothing, and says that there is no such upload`, async () => {
      const { client } = opened();
      let purge: (() => Promise<void>) | undefined;
      const world = await wronged(before(client, batch, async () => await purge?.()));
      const { wrong, id, under } = world;
      const slug = world.slug;
      purge = async () => {
        purge = undefined;
        const school = { id: id as SchoolId, slug, name: slug, bridge: "default" };
        const by = { actor: "admin", at: new Date(under.clock.now).toISOString() };
        await purgeSchool(client, school, crypto.randomUUID(), by);
      };
      const answer = await under.admin("POST", `/admin/uploads/${wrong}/revert`);
      assert.equal(purge, undefined, "it was purged");
      assert.deepEqual([answer.status, answer.body.code], [404, "upload_unknown"]);
      for (const table of ["revert_remains", "student_changes", "reverts"]) {
        const { rows } = await client.execute({
          sql: `SELECT count(*) AS kept FROM ${table} WHERE upload_id = ?`,
          args: [wrong],
        });
        assert.equal(Number(rows[0]!["kept"]), 0, table);
      }
      const { rows } = await client.execute({
        sql: "SELECT action FROM audit WHERE school_id = ? ORDER BY id DESC LIMIT 1",
        args: [id],
      });
      assert.deepEqual(rows.map(({ action }) => action), ["school.purge_started"]);
    });
  }

  test("another one of the school comes after it: nobody is neither put back nor listed", async () => {
    /** The first changed what the second changed then, but for e. */
    const two = async () => {
      const world = await undoSchool(opened().client);
      const { send } = world;
      await send(row("a", "1"), row("b", "2", "Ben"), row("c", "3"), row("e", "5"));
      const first = await send(
        ...[row("a", "7"), row("b", "1", "Bob"), row("c", "2"), row("n", "6")],
        row("e", "8"),
      );
      const second = await send(
        row("a", "9"),
        row("b", "7", "Bo"),
        row("c", "", "Cy"),
        row("n", "3"),
      );
      return { ...world, first, second };
    };
    const check = async (world: Awaited<ReturnType<typeof two>>) => {
      const [first, second] = await Promise.all(
        [world.first, world.second].map((id) => world.ok("GET", `/admin/uploads/${id}/revert`)),
      );
      assert.deepEqual(
        why(first),
        ["a changed_since", "b changed_since", "c changed_since", "n changed_since"],
      );
      assert.deepEqual([first.restored, second.restored, second.items], [1, 4, []]);
      const stored = await world.stored();
      assert.deepEqual(
        stored.map((one) => [one["student_id"], one["first_name"]]),
        [["7", null], ["1", "Bob"], ["2", null], ["5", null], ["6", null]],
      );
    };
    const isFile = opened().url.startsWith("file:");
    let batches = 0;
    for (;; batches += isFile ? 1 : 2) {
      const world = await two();
      if (await begin(world, world.first, { batches, isAfter: true, page: 100 })) break;
      await world.revert(world.second);
      await check(world);
    }
    assert.ok(batches > 4, `${batches} batches`);
    const world = await two();
    await begin(world, world.first, { batches: 0, isAfter: false, page: 100 });
    await Promise.all([world.second, world.first].map(world.revert));
    // Whichever came first: asked for again, the first puts back what the second had changed.
    assert.deepEqual((await world.revert(world.first)).items, []);
    assert.deepEqual(
      (await world.stored()).map((one) => [one["student_id"], one["first_name"]]),
      [["1", null], ["2", "Ben"], ["3", null], ["5", null]],
    );
  });
}, { only: ["file:", "http:"] });
