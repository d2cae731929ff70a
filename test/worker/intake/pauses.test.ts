// SPEC section 9, "Pause": of both kinds, with their days on the school's clocks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { untold } from "../../../worker/database/school/occurrences.ts";
import { detailsOf } from "../../../worker/events/details.ts";
import { endPauses } from "../../../worker/intake/pause-ends.ts";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { header, row, rows, SafeWorld } from "./safe-world.ts";

/** The tests' clock stands at 2026-11-22T10:15:30.123Z; it is the day before in Honolulu. */
const pause = (kind: string, from = "2026-11-20", to = "2026-11-25") => [{ from, to, kind }];
const DAY = 24 * 3_600_000;

eachDatabase("pauses", (opened) => {
  test("in a hold pause all files are held and at its end only the newest is applied", async () => {
    const world = await SafeWorld.open(opened().client);
    await world.send(rows(0, 2));
    await world.settings({ pauses: pause("hold"), timezone: "America/New_York" });
    const ids = [];
    for (const count of [3, 4, 5]) ids.push(await world.send(rows(0, count)));
    for (const id of ids) {
      const upload = await world.upload(id);
      assert.equal(upload.state, "held");
      assert.match(
        upload.heldBecause,
        /a pause of the school holds all files through 2026-11-25; at its end the newest goes on$/,
      );
    }
    await world.tick();
    assert.equal((await world.students()).length, 2);
    // Still the 25th in New York.
    world.app.clock.now = Date.parse("2026-11-26T04:59:00Z");
    await world.tick();
    assert.equal((await world.students()).length, 2);
    world.app.clock.now = Date.parse("2026-11-26T05:00:00Z");
    await world.tick();
    const states = await Promise.all(ids.map(async (id) => (await world.upload(id)).state));
    assert.deepEqual(states, ["discarded", "discarded", "completed"]);
    assert.equal((await world.students()).length, 5);
    assert.match(
      (await world.report(ids[0]!))[0]!,
      /error,discarded,.*pause of the school held this file, and roster\.csv came after it/,
    );
    await world.tick();
    assert.equal((await world.upload(ids[2]!)).state, "completed");
  });

  test("at the end of a pause the newest is judged as if it came now", async () => {
    const world = await SafeWorld.open(opened().client, {
      ...{ mode: "snapshot", holdWhen: { removedPercent: 10 } },
    });
    await world.send(rows(0, 10));
    await world.settings({ pauses: pause("hold") });
    const id = await world.send(rows(0, 2));
    await world.settings({ pauses: [] });
    await world.tick();
    const upload = await world.upload(id);
    assert.equal(upload.state, "held");
    assert.match(upload.heldBecause, /make 8 of 10 active students inactive/);
    world.app.clock.now += 10 * DAY;
    await world.tick();
    assert.equal((await world.upload(id)).state, "held");
  });

  test("a file can be released in the pause, and what is only checked is not held", async () => {
    const world = await SafeWorld.open(opened().client, { pauses: pause("hold") });
    const id = await world.send(rows(0, 2));
    assert.equal((await world.decide(id, "release")).body.state, "completed");
    assert.equal((await world.students()).length, 2);
    const check = await world.send(rows(0, 3), { name: "r.check.csv" });
    assert.equal((await world.upload(check)).state, "completed");
  });

  /** Two students, and a pause that holds a file which would change both. */
  const heldByPause = async () => {
    const world = await SafeWorld.open(opened().client);
    await world.send(rows(0, 2));
    await world.settings({ pauses: pause("hold") });
    return { world, held: await world.send(rows(0, 2, "Old")) };
  };

  const lastName = async (world: SafeWorld) => {
    const path = `/admin/schools/${world.slug}/students/s0@x.edu`;
    return (await world.app.admin("GET", path)).body.lastName;
  };

  const overtaken = async (world: SafeWorld, held: string) => {
    await world.tick();
    assert.equal((await world.upload(held)).state, "discarded");
    assert.match(
      (await world.report(held))[0]!,
      /error,discarded,.*pause of the school held this file, and newer\.csv came after it.*No row of/,
    );
  };

  test("a file is not applied over a later one that was released in the pause", async () => {
    const { world, held } = await heldByPause();
    const newer = await world.send(rows(0, 2, "New"), { name: "newer.csv" });
    assert.equal((await world.decide(newer, "release")).body.state, "completed");
    await world.settings({ pauses: [] });
    await overtaken(world, held);
    assert.equal(await lastName(world), "New");
  });

  test("nor over one that came when the pause was over, applied or under way", async () => {
    const { world, held } = await heldByPause();
    const another = await heldByPause();
    await world.settings({ pauses: [] });
    await another.world.settings({ pauses: [] });
    await world.send(rows(0, 2, "New"), { name: "newer.csv" });
    await another.world.announce(another.world.accept(header + rows(0, 2, "New"), "newer.csv"));
    await overtaken(world, held);
    await overtaken(another.world, another.held);
    assert.equal(await lastName(world), "New");
    assert.equal(await lastName(another.world), "Lee");
  });

  test("nor over one that overtakes it before the bridge sends it again", async () => {
    const { world, held } = await heldByPause();
    await world.settings({ pauses: [] });
    await endPauses(world.app.context);
    await world.send(rows(0, 2, "New"), { name: "newer.csv" });
    await world.obey();
    assert.equal(await lastName(world), "New");
    await overtaken(world, held);
    assert.equal(await lastName(world), "New");
  });

  test("nor when the newest was released in the pause and is held again: it goes first at the end", async () => {
    const world = await SafeWorld.open(opened().client);
    await world.send(rows(0, 2));
    await world.settings({ pauses: pause("hold") });
    const first = await world.send(rows(0, 2, "Kim"));
    const older = await world.send(rows(0, 2, "Old"));
    const newest = await world.send(rows(0, 3), { name: "newer.csv" });
    assert.equal((await world.decide(first, "release")).body.state, "completed");
    const answer = await world.decide(newest, "release");
    assert.deepEqual([answer.status, answer.body.code], [409, "release_outdated"]);
    await world.tick();
    assert.equal((await world.upload(newest)).state, "held");
    await world.settings({ pauses: [] });
    await overtaken(world, older);
    assert.equal((await world.upload(newest)).state, "completed");
    assert.equal(await lastName(world), "Lee");
  });

  test("a school whose pause cannot be ended keeps no other's from ending", async () => {
    const { world, held } = await heldByPause();
    const another = await heldByPause();
    await world.settings({ pauses: [] });
    await another.world.settings({ pauses: [] });
    const { context } = world.app;
    const database = aroundBatches(context.database, async (make, statements) => {
      if (JSON.stringify(statements).includes(held)) throw new Error("a fault of this school's");
      return await make();
    });
    await endPauses({ ...context, database });
    await another.world.obey();
    assert.equal((await world.upload(held)).state, "held");
    assert.equal((await another.world.upload(another.held)).state, "completed");
    const said = world.app.logged.filter(({ event }) => event === "pause.not_ended");
    assert.deepEqual(said.map(({ schoolId }) => schoolId), [world.schoolId]);
    await world.tick();
    assert.equal((await world.upload(held)).state, "completed");
  });

  test("a later one that is held itself, given up or only checked overtakes nothing", async () => {
    const { world, held } = await heldByPause();
    await world.settings({ pauses: [], holdWhen: { removedPercent: 10 }, mode: "snapshot" });
    await world.send(rows(0, 1), { name: "held.csv" });
    await world.decide(await world.send(rows(0, 1)), "discard");
    await world.send(rows(0, 2), { name: "r.check.csv" });
    await world.tick();
    assert.equal((await world.upload(held)).state, "completed");
    assert.equal(await lastName(world), "Old");
  });

  for (
    const [how, options] of [["in one slice", {}], ["across slices", { sliceRows: 1 }]] as const
  ) {
    test(`in an additions pause only new students are applied, ${how}`, async () => {
      const world = await SafeWorld.open(opened().client, { mode: "snapshot" }, options);
      await world.send(rows(0, 4));
      await world.settings({ pauses: pause("additions") });
      const id = await world.send(
        rows(1, 3, "Kim") + row("n@x.edu", "N1") + row("m@x.edu", "S0") + row("N@x.edu", "", "Ng") +
          row("s1@x.edu", "N2") + row("o@x.edu", "S1"),
      );
      assert.deepEqual(await world.students("active"), ["n", "s0", "s1", "s2", "s3"]);
      const { added, updated, rejected, left } = await world.counts(id);
      assert.deepEqual([added, updated, rejected, left], [1, 1, 2, undefined]);
      const path = `/admin/schools/${world.slug}/students`;
      assert.equal((await world.app.admin("GET", `${path}/n@x.edu`)).body.lastName, "Ng");
      assert.equal((await world.app.admin("GET", `${path}/s1@x.edu`)).body.lastName, "Lee");
      const report = await world.report(id);
      assert.match(
        report[1]!,
        /info,additions_only,.*only new students through, through 2026-11-25/,
      );
      assert.match(report.join("\n"), /m@x\.edu,StudentId,error,student_id_taken,.*s0@x\.edu/);
    });
  }

  test("a file without new students changes nothing in an additions pause", async () => {
    const world = await SafeWorld.open(opened().client);
    await world.send(rows(0, 3));
    await world.settings({ pauses: pause("additions"), holdWhen: { changedPercent: 0 } });
    const id = await world.send(rows(0, 3, "Kim"));
    const upload = await world.upload(id);
    assert.deepEqual([upload.state, upload.rows.updated, upload.rows.unchanged], [
      "completed",
      0,
      3,
    ]);
    const told = (await untold(opened().client, 0, 1_000_000)).find(({ kind, subject }) =>
      kind === "upload.completed" && subject === id
    );
    assert.equal(
      (await detailsOf(opened().client, told!))!.upload!["additionsUntil"],
      "2026-11-25",
    );
    world.app.clock.now += 4 * DAY;
    await world.settings({ holdWhen: null });
    assert.equal((await world.counts(await world.send(rows(0, 3, "Kim"))))["updated"], 3);
  });
}, { only: ["file:", "http:"] });
