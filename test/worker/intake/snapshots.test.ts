// SPEC section 9, "Snapshot": a file is the whole truth, and nobody is ever deleted.
import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { eachDatabase, runsOver } from "../database/each-database.ts";
import { row, rows, SafeWorld } from "./safe-world.ts";

const snapshot = { mode: "snapshot" };

eachDatabase("snapshots", (opened) => {
  for (
    const [how, options] of [["in one slice", {}], ["across slices", { sliceRows: 1 }]] as const
  ) {
    test(`students it does not name become inactive, never deleted; one that is named again returns, ${how}`, async () => {
      const world = await SafeWorld.open(opened().client, snapshot, options);
      await world.send(rows(0, 5));
      const less = await world.send(rows(0, 3) + rows(7, 8));
      assert.deepEqual(
        (({ added, unchanged, left }) => [added, unchanged, left])(
          await world.counts(less),
        ),
        [1, 3, 2],
      );
      assert.deepEqual(await world.students("inactive"), ["s3", "s4"]);
      assert.equal((await world.students()).length, 6);
      const more = await world.send(rows(0, 5) + rows(7, 8));
      assert.equal((await world.counts(more))["returned"], 2);
      assert.deepEqual(await world.students("inactive"), []);
      assert.match((await world.report(more))[0]!, /6 unchanged, 0 rejected, 2 returned, 0 warn/);
    });

    test(`a student whose row was rejected counts as named, ${how}`, async () => {
      const world = await SafeWorld.open(opened().client, snapshot, options);
      await world.send(rows(0, 9));
      const id = await world.send(
        row("s0@x.edu", "S0") +
          row("S1@X.edu", "S1", "", "7") + // a wrong value
          's2@x.edu,S2,"open,,,,,,1\r\n' + // a record that cannot be read
          row("", "S3") + // named by the StudentId alone
          row("s4@x.edu", "S0") + // a StudentId that another student holds
          "s5@x.edu,S5\r\n" + // too few values
          row("s\u200b6@x.edu", "") + // a character that cannot be seen
          row("s7@x.edu", "S7"),
      );
      assert.equal((await world.counts(id))["rejected"], 6);
      assert.deepEqual(await world.students("inactive"), ["s8"]);
    });
  }

  test("a rejected row that tells nobody's name keeps everybody, with a warning that says so", async () => {
    const world = await SafeWorld.open(opened().client, snapshot);
    await world.send(rows(0, 3));
    const id = await world.send(rows(0, 1) + row("", ""));
    assert.deepEqual(await world.students("inactive"), []);
    const upload = await world.upload(id);
    assert.deepEqual([upload.state, upload.rows.warnings], ["completed", 1]);
    assert.match(
      (await world.report(id))[1]!,
      /warning,removals_withheld,.*1 of its rejected rows does not/,
    );
  });

  test("nor does a StudentId tell it that no student has", async () => {
    const world = await SafeWorld.open(opened().client, snapshot);
    await world.send(row("s0@x.edu", "S0") + row("s1@x.edu"));
    const id = await world.send(row("s0@x.edu", "S0") + row("", "S1"));
    assert.deepEqual(await world.students("inactive"), []);
    assert.match(
      (await world.report(id))[1]!,
      /warning,removals_withheld,.*1 of its rejected rows does not/,
    );
  });

  test("nobody is made inactive by a file cut off by the row limit, rejected whole, or without rows", async () => {
    const world = await SafeWorld.open(opened().client, { ...snapshot, rowLimit: 4 });
    await world.send(rows(0, 4));
    const cut = await world.send(rows(1, 6));
    assert.match(
      (await world.report(cut))[1]!,
      /removals_withheld,.*cut off at the school's row limit/,
    );
    const { warnings, unprocessed } = await world.counts(cut);
    assert.deepEqual([warnings, unprocessed], [1, 1]);
    assert.equal((await world.upload(await world.sendBytes("a,b,c\r\n"))).state, "rejected");
    assert.equal((await world.upload(await world.sendBytes(""))).state, "rejected");
    const empty = await world.send("");
    assert.equal((await world.upload(empty)).state, "completed");
    assert.match((await world.report(empty))[1]!, /removals_withheld,.*it has no rows/);
    assert.deepEqual(await world.students("inactive"), []);
    assert.equal((await world.students("active")).length, 5);
  });

  test("an update never makes anybody inactive, and brings back whom it names", async () => {
    const world = await SafeWorld.open(opened().client, snapshot);
    await world.send(rows(0, 3));
    await world.send(rows(0, 1));
    await world.settings({ mode: "update" });
    const id = await world.send(rows(1, 2));
    assert.deepEqual(await world.students("inactive"), ["s2"]);
    const { returned, unchanged } = await world.counts(id);
    assert.deepEqual([returned, unchanged], [1, 1]);
  });

  test("an inactive student's verification waits until the student is active again", async () => {
    const world = await SafeWorld.open(opened().client, snapshot);
    const { admin } = world.app;
    const path = `/admin/schools/${world.slug}`;
    await world.send(rows(0, 3));
    await admin("POST", `${path}/verifications`, { usernames: ["s0@x.edu", "s1@x.edu"] });
    await world.send(rows(0, 1));
    world.app.clock.now += 1000;
    const first = await admin("POST", `${path}/exports`);
    assert.equal(first.body.students, 1);
    await world.send(rows(0, 2));
    world.app.clock.now += 1000;
    const second = await admin("POST", `${path}/exports`);
    assert.equal(second.body.students, 1);
    world.app.clock.now += 1000;
    assert.equal((await admin("POST", `${path}/exports`)).body.students, 0);
  });

  test("thousands who leave go page by page, and all of them go", async () => {
    const world = await SafeWorld.open(opened().client, snapshot);
    await world.send(rows(0, 11_000));
    const id = await world.send(rows(0, 10));
    assert.equal((await world.counts(id))["left"], 10_990);
    assert.equal((await world.students("active")).length, 10);
    assert.equal(await world.left("checked_students", id), 0);
  });

  test("any sequence of snapshots leaves active exactly whom the last one names", async () => {
    const file = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (files, sliceRows) => {
          const world = await SafeWorld.open(opened().client, snapshot, { sliceRows });
          const ever = new Set<number>();
          for (const named of files) {
            await world.send(named.map((i) => rows(i, i + 1)).join(""));
            named.forEach((i) => ever.add(i));
            const names = (numbers: Iterable<number>) => [...numbers].map((i) => `s${i}`).sort();
            assert.deepEqual(await world.students("active"), names(named));
            assert.deepEqual(await world.students(), names(ever));
          }
        },
      ),
      { numRuns: runsOver(opened().client, 15) },
    );
  });
}, { only: ["file:", "http:"] });
