// SPEC sections 3 and 9: a parked file is tried again, perhaps long after; the students may be others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { kindsOf } from "../events/happened.ts";
import { header, rows, SafeWorld } from "./safe-world.ts";

const limits = { holdWhen: { changedPercent: 60, removedPercent: 10 }, mode: "snapshot" };

eachDatabase("parked files that are tried again", (opened) => {
  const school = async (settings: object = {}, options = {}) => {
    const world = await SafeWorld.open(opened().client, settings, options);
    await world.send(rows(0, 10));
    return world;
  };

  /** The bridge comes so many slices further with it, and then cannot go on. */
  const parkAfter = async (world: SafeWorld, slices: number, go: () => Promise<unknown>) => {
    world.mostSlices = slices;
    await go();
    world.mostSlices = Infinity;
  };

  test("every change of its state is told, however often it comes to the same one", async () => {
    const world = await school(limits, { sliceRows: 2 });
    const id = world.accept(rows(0, 10, "Kim"));
    await parkAfter(world, 2, () => world.goOn(id));
    await park(world, id);
    world.app.clock.now += 1000;
    assert.equal((await world.decide(id, "retry")).status, 202);
    assert.deepEqual(await kindsOf(opened().client, id), [
      ...["upload.accepted", "upload.checking", "upload.parked", "upload.retried"],
      ...["upload.checking", "upload.held"],
    ]);
  });

  const park = async (world: SafeWorld, id: string) => {
    await world.announce(id, "its stored bytes are damaged");
    assert.equal((await world.upload(id)).state, "parked");
  };

  test("why it was tried again stands in the audit", async () => {
    const world = await school();
    const id = world.accept(header + rows(0, 10));
    await park(world, id);
    const reason = "The disk was made larger";
    assert.equal((await world.decide(id, "retry", { reason })).status, 202);
    const path = `/admin/audit?school=${world.slug}&action=upload.retried`;
    const { body } = await world.app.admin("GET", path);
    assert.deepEqual(body.items.map((item: { detail: object }) => item.detail), [
      { upload: id, name: "roster.csv", reason },
    ]);
  });

  /** A file that makes 6 of 10 students inactive, released and parked before its first row. */
  const released = async () => {
    const world = await school(limits);
    const id = await world.send(rows(0, 4));
    await parkAfter(world, 1, () => world.decide(id, "release", { reason: "they moved" }));
    const { state } = await world.upload(id);
    assert.equal(state, "processing");
    await park(world, id);
    return { world, id };
  };

  test("a released one is checked again: it is held if it would now do more than was shown", async () => {
    const { world, id } = await released();
    await world.send(rows(0, 12));
    assert.equal((await world.decide(id, "retry")).status, 202);
    const upload = await world.upload(id);
    assert.equal(upload.state, "held");
    assert.match(upload.heldBecause, /would now make inactive 8 students where 6 were shown/);
    assert.equal((await world.students("active")).length, 12);
    assert.equal((await world.decide(id, "release")).body.state, "completed");
    assert.equal((await world.students("active")).length, 4);
  });

  test("a released one that would do as much stays released, and its report says so once", async () => {
    const { world, id } = await released();
    await world.decide(id, "retry");
    assert.equal((await world.upload(id)).state, "completed");
    assert.deepEqual(await world.students("active"), ["s0", "s1", "s2", "s3"]);
    const report = await world.report(id);
    assert.equal(report.filter((line) => line.includes(",info,released,")).length, 1);
  });

  test("who is named since then does not leave", async () => {
    const { world, id } = await released();
    await world.settings({ mode: "update" });
    await world.send(rows(20, 22));
    await world.settings({ mode: "snapshot", holdWhen: null });
    await world.decide(id, "retry");
    const { state, heldBecause } = await world.upload(id);
    assert.equal(state, "held", "two more than were shown");
    assert.match(heldBecause, /8 students where 6/);
  });

  test("one that needed no check when it came is checked where the school now asks for it", async () => {
    const world = await school();
    const id = world.accept(header + rows(0, 10, "Kim"));
    await world.announce(id);
    await park(world, id);
    await world.settings({ holdWhen: { changedPercent: 50 } });
    await world.decide(id, "retry");
    const { state, heldBecause } = await world.upload(id);
    assert.equal(state, "held");
    assert.match(heldBecause, /10 of 10 active students/);
    await world.settings({ holdWhen: null });
    assert.equal((await world.decide(id, "release")).body.state, "completed");
  });

  test("one that was being checked begins again, with the students of now", async () => {
    const world = await school(limits, { sliceRows: 2 });
    const half = world.accept(header + rows(0, 10, "Kim"));
    await parkAfter(world, 2, () => world.goOn(half));
    await park(world, half);
    await world.send(rows(0, 5, "Kim") + rows(5, 10));
    await world.decide(half, "retry");
    const { state, rows: { read, updated, unchanged } } = await world.upload(half);
    assert.deepEqual([state, read, updated, unchanged], ["completed", 10, 5, 5]);
  });

  test("one that was sent to be checked only stays so", async () => {
    const world = await school({ dryRun: true });
    const id = world.accept(header + rows(0, 10, "Kim"));
    await world.announce(id);
    await park(world, id);
    await world.settings({ dryRun: false });
    await world.decide(id, "retry");
    assert.match((await world.report(id))[0]!, /Check only:/);
  });

  test("one of which rows are applied goes on", async () => {
    const world = await school({}, { sliceRows: 2 });
    const id = world.accept(header + rows(0, 10, "Kim"));
    await parkAfter(world, 2, () => world.goOn(id));
    await park(world, id);
    await world.settings({ holdWhen: { changedPercent: 10 } });
    await world.decide(id, "retry");
    const { state, rows: { read, updated } } = await world.upload(id);
    assert.deepEqual([state, read, updated], ["completed", 10, 10]);
  });
}, { only: ["file:", "http:"] });
