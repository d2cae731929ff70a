// SPEC section 9, "Check only": against the format and today's students; nothing is applied.
import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { eachDatabase, runsOver } from "../database/each-database.ts";
import { header, row, rows, SafeWorld } from "./safe-world.ts";

eachDatabase("check only", (opened) => {
  for (
    const [how, options] of [["in one slice", {}], ["across slices", { sliceRows: 1 }]] as const
  ) {
    test(`a file named *.check.csv is checked against the format and today's students, ${how}`, async () => {
      const world = await SafeWorld.open(opened().client, {}, options);
      await world.send(row("a@x.edu", "1", "Lee") + row("b@x.edu", "2"));
      const file = row("a@x.edu", "1", "Lee") + row("b@x.edu", "2", "Kim") + row("n@x.edu", "3") +
        row("m@x.edu", "1") + row("o@x.edu", "", "", "2");
      const id = await world.send(file, { name: "roster.Check.csv" });
      const upload = await world.upload(id);
      assert.equal(upload.state, "completed");
      assert.equal(upload.checkOnly, true);
      const [summary, ...problems] = await world.report(id);
      assert.equal(
        summary,
        ',,,info,summary,"Check only: 5 rows: 1 added, 1 updated, 1 unchanged, 2 rejected, ' +
          '0 warnings. Nothing was applied"',
      );
      assert.match(problems[0]!, /^5,m@x\.edu,StudentId,error,student_id_taken,.*a@x\.edu/);
      assert.match(problems[1]!, /^6,o@x\.edu,OnCampus,error,on_campus_format/);
      assert.equal(
        await world.rejected(id),
        header + row("m@x.edu", "1") + row("o@x.edu", "", "", "2"),
      );
      assert.deepEqual(await world.students(), ["a", "b"]);
      // What each student would be is kept no longer than it is needed.
      assert.equal(await world.left("checked_students", id), 0);
      assert.equal(await world.left("slices", id), 0);
    });
  }

  test("any file of a school with dryRun is only checked; a whole file is rejected as usual", async () => {
    const world = await SafeWorld.open(opened().client, { dryRun: true });
    const id = await world.send(rows(0, 3));
    assert.match((await world.report(id))[0]!, /Check only: 3 rows: 3 added/);
    assert.deepEqual(await world.students(), []);
    const bad = await world.sendBytes("a,b,c\r\n");
    assert.equal((await world.upload(bad)).state, "rejected");
    assert.match((await world.report(bad))[0]!, /,error,column_missing,/);
  });

  test("a check of a snapshot counts who would leave and who would return", async () => {
    const world = await SafeWorld.open(opened().client, { mode: "snapshot" });
    await world.send(rows(0, 4));
    await world.send(rows(0, 3));
    assert.deepEqual(await world.students("inactive"), ["s3"]);
    const id = await world.send(rows(1, 4), { name: "roster.check.csv" });
    assert.match((await world.report(id))[0]!, /Check only: 3 rows: .* 1 left, 1 returned, 0 warn/);
    assert.deepEqual(await world.students("inactive"), ["s3"]);
  });

  test("a check says that the file would be held", async () => {
    const world = await SafeWorld.open(opened().client, { holdWhen: { changedPercent: 10 } });
    await world.send(rows(0, 4));
    const id = await world.send(rows(0, 4, "Kim"), { name: "roster.check.csv" });
    const [, held] = await world.report(id);
    assert.match(held!, /,warning,would_be_held,.*change 4 of 4 active students \(100 %/);
  });

  test("also of a school whose files are all checked only, whatever their names", async () => {
    const world = await SafeWorld.open(opened().client, { holdWhen: { changedPercent: 10 } });
    await world.send(rows(0, 4));
    await world.settings({ dryRun: true });
    const [, held] = await world.report(await world.send(rows(0, 4, "Kim")));
    assert.match(held!, /would_be_held,"?If it were to be applied, this file would be held: /);
  });

  test("a check-only file is no last file applied, and no roster that came", async () => {
    const world = await SafeWorld.open(opened().client, { holdWhen: { fewerRowsPercent: 50 } });
    await world.send(rows(0, 4));
    await world.send(rows(0, 100), { name: "more.check.csv" });
    const id = await world.send(rows(0, 3));
    assert.equal((await world.upload(id)).state, "completed");
  });

  test("a check comes to what applying comes to: counts, problems and rejected records", async () => {
    const usernames = fc.constantFrom("a", "b", "c", "d", "e", "F", "f");
    const ids = fc.constantFrom("", "1", "2", "3", "4", "5");
    const line = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.tuple(usernames, ids, fc.constantFrom("", "Ann", "Bob")).map(
          ([name, id, last]) => row(`${name}@x.edu`, id, last),
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom("x@x.edu,,,,,,,,7\r\n", '"\n', "bad\n", "\n") },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.array(line, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (before, lines, sliceRows) => {
          const world = await SafeWorld.open(opened().client, {}, { sliceRows });
          await world.send(before.join(""));
          const checked = await world.send(lines.join(""), { name: "r.check.csv" });
          const applied = await world.send(lines.join(""));
          assert.deepEqual(await world.counts(checked), await world.counts(applied));
          assert.deepEqual(
            (await world.report(checked)).slice(1),
            (await world.report(applied)).slice(1),
          );
          assert.equal(await world.rejected(checked), await world.rejected(applied));
        },
      ),
      { numRuns: runsOver(opened().client, 20) },
    );
  });
}, { only: ["file:", "http:"] });
