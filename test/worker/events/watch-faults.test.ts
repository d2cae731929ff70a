// SPEC section 10: whatever comes between, the watch looks at every school and tells of each once.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { instant } from "../../../worker/context.ts";
import { dueWatchesQuery } from "../../../worker/database/control/watches.ts";
import { aroundStatements, Crash, dyingDatabase } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { kindsOf } from "./happened.ts";
import { type TellingWorld, tellingWorld } from "./telling-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const expectEvery = { when: "every day at noon", timezone: "UTC" };

eachDatabase("what comes between while the watch looks", (database) => {
  // The rounds are the database's, so time goes on from test to test.
  let morning = Date.parse("2026-11-22T10:00:00.000Z");
  function nextMorning(world: TellingWorld) {
    morning += 2 * DAY;
    world.clock.now = morning;
  }
  beforeEach(() => database().client.execute("DELETE FROM watches"));

  /** A roster of each school that is watched. */
  async function send({ clock, context }: TellingWorld, state: "processing" | "completed") {
    const at = instant(clock.now);
    await context.database.execute({
      sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
              address, client, accepted_at, completed_at)
            SELECT school_id || ?2, school_id, 'roster.csv', ?2, ?1, 10, '', '', '', '', ?2, ?2
            FROM watches`,
      args: [state, at],
    });
  }

  test("however many wait for a file that is under way, the others are looked at", async () => {
    const { client } = database();
    let looks = 0;
    const world = tellingWorld(aroundStatements(client, (make, statement) => {
      if (JSON.stringify(statement).includes(JSON.stringify(dueWatchesQuery)) && ++looks > 9) {
        throw new Error("it looks at the same schools again and again");
      }
      return make();
    }));
    nextMorning(world);
    const { id: first } = await world.school({ expectEvery });
    await world.teller.run();
    // As many again as are read at once.
    await client.execute({
      sql: `INSERT INTO watches (school_id, expectation, cron, timezone, since, next_at)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
            SELECT school_id + i, expectation, cron, timezone, since, next_at FROM watches, n`,
      args: [],
    });
    await send(world, "processing");
    const silent = first + 201;
    await client.execute({
      sql: `INSERT INTO watches (school_id, expectation, cron, timezone, since, next_at)
            SELECT ?, expectation, cron, timezone, since, next_at FROM watches WHERE school_id = ?`,
      args: [silent, first],
    });
    world.later(2 * HOUR + MINUTE);
    looks = 0;
    await world.teller.run();
    assert.deepEqual(await kindsOf(client, String(silent)), ["school.silent"]);
    assert.deepEqual(await kindsOf(client, String(first)), []);
  });

  test("a school that cannot be looked at, as its expectation cannot be read, keeps no other from it", async () => {
    const { client } = database();
    const world = tellingWorld(client);
    nextMorning(world);
    const ids = [];
    for (let many = 0; many < 3; many++) ids.push((await world.school({ expectEvery })).id);
    await world.teller.run();
    const unreadable = "UPDATE watches SET cron = '99 * * * *' WHERE school_id = ?";
    await client.execute({ sql: unreadable, args: [ids[0]!] });
    world.later(2 * HOUR + MINUTE);
    await world.teller.run();
    const told = await Promise.all(ids.map((id) => kindsOf(client, String(id))));
    assert.deepEqual(told, [[], ["school.silent"], ["school.silent"]]);
    const said = world.logged.filter(({ event }) => event === "watch.failed");
    assert.deepEqual(said.map(({ schoolId }) => schoolId), [ids[0]]);
  });

  for (const isHeard of [false, true]) {
    const when = isHeard ? "after" : "before";
    test(`a worker that ends just ${when} it writes: who is told of as silent is told of as heard`, async () => {
      const { client } = database();
      const world = tellingWorld(client);
      const all = new Set<string>();
      for (let dies = 1, isOver = false; !isOver; dies++) {
        await client.execute("DELETE FROM watches");
        nextMorning(world);
        const { id } = await world.school({ expectEvery });
        await world.teller.run();
        world.later(2 * HOUR + MINUTE);
        const dying = world.anotherTeller({ database: dyingDatabase(client, dies, isHeard) });
        isOver = await dying.run().then(() => true, (error) => {
          assert.ok(error instanceof Crash, error);
          return false;
        });
        await send(world, "completed");
        world.later(MINUTE);
        await world.teller.run();
        all.add((await kindsOf(client, String(id))).join(", "));
      }
      assert.deepEqual([...all], ["", "school.silent, school.heard"]);
    });
  }
}, { only: ["file:", "http:"] });
