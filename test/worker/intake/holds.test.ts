// SPEC section 9, "Hold": a file that crosses a limit changes nothing until an administrator decides.
import assert from "node:assert/strict";
import { test } from "node:test";
import { statements } from "../../../worker/database/migrations/0035-held-no-more.ts";
import { eachDatabase } from "../database/each-database.ts";
import { row, rows, SafeWorld } from "./safe-world.ts";
import { happenedTo, kindsOf } from "../events/happened.ts";

const limits = { holdWhen: { changedPercent: 50, removedPercent: 10 }, mode: "snapshot" };

eachDatabase("held files", (opened) => {
  const school = async (settings: object = limits, options = {}) => {
    const world = await SafeWorld.open(opened().client, settings, options);
    await world.send(rows(0, 10));
    return world;
  };

  for (
    const [how, options] of [["in one slice", {}], ["across slices", { sliceRows: 2 }]] as const
  ) {
    test(`a file that crosses a limit changes nothing: it is held with its numbers and the limits, ${how}`, async () => {
      const world = await school(limits, options);
      const id = await world.send(rows(0, 4, "Kim") + rows(20, 21));
      const upload = await world.upload(id);
      assert.equal(upload.state, "held");
      assert.equal(
        upload.heldBecause,
        "it would make 6 of 10 active students inactive (60 %; the limit is 10 %)",
      );
      const { added, updated, left } = upload.rows;
      assert.deepEqual([added, updated, left], [1, 4, 6]);
      assert.equal((await world.students("active")).length, 10);

      const preview = await world.preview(id);
      assert.deepEqual(preview.counts, {
        ...{ added: 1, changed: 4, left: 6, returned: 0, active: 10, rowsBefore: 10 },
      });
      assert.deepEqual(preview.limits, [{ limit: "removedPercent", allowed: 10, found: 60 }]);
      assert.equal(preview.items.length, 11);
      assert.deepEqual(preview.items[0], {
        username: "s0@x.edu",
        outcome: "changed",
        changes: [{ column: "lastName", from: "Lee", to: "Kim" }],
      });
      const page = await world.preview(id, "?outcome=left&limit=4");
      assert.deepEqual(page.items.map(({ username }: { username: string }) => username), [
        ...["s4@x.edu", "s5@x.edu", "s6@x.edu", "s7@x.edu"],
      ]);
      const last = await world.preview(id, `?outcome=left&limit=4&cursor=${page.next}`);
      assert.deepEqual([last.items.length, last.next], [2, undefined]);
      const added_ = await world.preview(id, "?outcome=added");
      assert.deepEqual(added_.items, [{ username: "s20@x.edu", outcome: "added", changes: [] }]);
    });
  }

  test("an administrator releases it: the report says by whom, with their words", async () => {
    const world = await school();
    const id = await world.send(rows(0, 4));
    const answer = await world.decide(id, "release", { reason: "=they moved" }, "Ruth");
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    assert.equal(answer.body.state, "completed");
    assert.deepEqual(answer.body.rows.left, 6);
    assert.deepEqual(await world.students("active"), ["s0", "s1", "s2", "s3"]);
    const [summary, released, ...more] = await world.report(id);
    assert.match(summary!, /4 rows: 0 added, 0 updated, 4 unchanged, 0 rejected, 6 left, 0 warn/);
    assert.match(released!, /^,,,info,released,.*released by .*Ruth\. In their words: =they moved/);
    assert.deepEqual(more, []);
    assert.equal(await world.left("checked_students", id), 0);
    assert.deepEqual(await kindsOf(opened().client, id), [
      ...["upload.accepted", "upload.checking", "upload.held", "upload.released"],
      ...["upload.processing", "upload.completed"],
    ]);
    const { body } = await world.app.admin("GET", "/admin/audit?action=upload.released");
    assert.deepEqual(body.items[0].detail, {
      ...{ upload: id, name: "roster.csv", withoutRemovals: false, reason: "=they moved" },
    });
    assert.equal((await world.app.admin("GET", `/admin/uploads/${id}/preview`)).status, 409);
  });

  test("released without removals, nobody becomes inactive", async () => {
    const world = await school();
    const id = await world.send(rows(0, 4, "Kim"));
    const { body } = await world.decide(id, "release", { withoutRemovals: true }, "Ruth");
    assert.equal(body.state, "completed");
    assert.deepEqual([body.rows.updated, body.rows.left], [4, undefined]);
    assert.equal((await world.students("active")).length, 10);
    assert.match((await world.report(id))[1]!, /released by .*Ruth without removals: 6 students/);
  });

  test("discarded, it gets a report that says by whom, with their words, and that nothing was applied", async () => {
    const world = await school();
    const id = await world.send(rows(0, 4, "Kim"));
    const { status, body } = await world.decide(id, "discard", { reason: "wrong year" }, "Ruth");
    assert.deepEqual([status, body.state], [202, "discarded"]);
    assert.equal(body.heldBecause, undefined, "it stands still no more");
    const [discarded] = await world.report(id);
    assert.match(
      discarded!,
      /error,discarded,"?This file was given up by .*Ruth: wrong year\. It stood still: .* No row of it was applied/,
    );
    assert.equal(await world.left("checked_students", id), 0);
    const { added, updated, unchanged, left } = await world.counts(id);
    assert.deepEqual([added, updated, unchanged, left], [0, 0, 0, undefined]);
    assert.deepEqual(await world.students("inactive"), []);
  });

  test("one that an earlier version gave up does not read as if it were still held", async () => {
    const { client } = opened();
    const world = await school();
    const [given, held] = [await world.send(rows(0, 4)), await world.send(rows(0, 5))];
    await world.decide(given, "discard", {}, "Ruth");
    const because = "UPDATE uploads SET held_because = 'it would remove 6' WHERE id = ?";
    await client.execute({ sql: because, args: [given] });
    await client.batch(statements, "write");
    assert.equal((await world.upload(given)).heldBecause, undefined);
    assert.notEqual((await world.upload(held)).heldBecause, undefined);
  });

  test("a release checks again: it is held again, with the new numbers, if it got worse", async () => {
    const world = await school();
    const id = await world.send(rows(0, 4));
    // More students came since, whom the held file does not name.
    await world.send(rows(0, 12));
    const answer = await world.decide(id, "release");
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, "release_outdated");
    assert.equal(answer.body.counts.left, 8);
    const upload = await world.upload(id);
    assert.equal(upload.state, "held");
    assert.match(upload.heldBecause, /would now make inactive 8 students where 6 were shown/);
    assert.equal((await world.preview(id)).counts.left, 8);
    assert.equal((await world.students("active")).length, 12);
    // Now these were shown.
    assert.equal((await world.decide(id, "release")).body.state, "completed");
    assert.equal((await world.students("active")).length, 4);
  });

  test("if it would now change less, or as much, it is applied", async () => {
    const world = await school({ holdWhen: { changedPercent: 10 } });
    const id = await world.send(rows(0, 4, "Kim"));
    await world.send(row("s0@x.edu", "S0", "Kim"));
    const { body } = await world.decide(id, "release");
    assert.deepEqual([body.state, body.rows.updated], ["completed", 3]);
  });

  test("while a file is held the school's later files go on, each judged for itself", async () => {
    const world = await school();
    const held = await world.send(rows(0, 4));
    const good = await world.send(rows(0, 10) + rows(20, 21));
    const again = await world.send(rows(0, 5));
    assert.equal((await world.upload(held)).state, "held");
    assert.equal((await world.upload(good)).state, "completed");
    assert.equal((await world.upload(again)).state, "held");
  });

  test("rejectedPercent is of the file's rows, fewerRowsPercent than the last file applied", async () => {
    const world = await school({ holdWhen: { rejectedPercent: 20, fewerRowsPercent: 30 } });
    const bad = row("x@x.edu", "", "", "7");
    const rejected = await world.send(rows(0, 7) + bad + bad);
    assert.match(
      (await world.upload(rejected)).heldBecause,
      /2 of its 9 rows are rejected \(22\.3 %|22\.2/,
    );
    const short = await world.send(rows(0, 6));
    assert.match(
      (await world.upload(short)).heldBecause,
      /6 rows, and the last .* had 10 \(40 % fewer/,
    );
    assert.equal((await world.upload(await world.send(rows(0, 7)))).state, "completed");
  });

  test("columns in another order are held where headerOutOfOrder says so", async () => {
    const world = await school({ holdWhen: { headerOutOfOrder: true } });
    const swapped =
      "StudentId,Username,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";
    const id = await world.sendBytes(swapped + rows(0, 2));
    assert.match((await world.upload(id)).heldBecause, /header names columns in another order/);
  });

  test("a held file is told of, and once more when it is held again", async () => {
    const world = await school();
    const id = await world.send(rows(0, 4));
    await world.send(rows(0, 12));
    world.app.clock.now += 1000;
    await world.decide(id, "release");
    const told = await happenedTo(opened().client, id);
    assert.deepEqual(told.map(([kind]) => kind), [
      ...["upload.accepted", "upload.checking", "upload.held", "upload.released", "upload.held"],
    ]);
    assert.match(JSON.stringify(told[2]![1]), /make 6 of 10 active students inactive/);
  });

  test("two who release at once: one does, and it is applied once", async () => {
    const world = await school();
    const id = await world.send(rows(0, 4, "Kim"));
    const path = `/admin/uploads/${id}/release`;
    const answers = await Promise.all([1, 2].map(() => world.app.admin("POST", path)));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [202, 409]);
    await world.obey();
    const { state, rows: counts } = await world.upload(id);
    assert.deepEqual([state, counts.updated, counts.left], ["completed", 4, 6]);
  });

  test("a file that changes nothing is done with its check, and is the last file applied", async () => {
    const world = await school();
    const id = await world.send(rows(0, 10));
    const upload = await world.upload(id);
    assert.deepEqual([upload.state, upload.checkOnly, upload.rows.unchanged], [
      "completed",
      undefined,
      10,
    ]);
    assert.match((await world.report(id))[0]!, /,"10 rows: 0 added, 0 updated, 10 unchanged/);
  });

  test("what is sent again or late changes nothing", async () => {
    const world = await school();
    const id = await world.send(rows(0, 4));
    for (const pass of ["check", "apply", "decided"]) {
      const path = `/bridge/uploads/${id}/slices/0?pass=${pass}&lane=roster`;
      const { status, body } = await world.app.bridge("PUT", path, rows(0, 4));
      assert.deepEqual([status, body.state], [409, "held"], pass);
    }
  });
}, { only: ["file:", "http:"] });
