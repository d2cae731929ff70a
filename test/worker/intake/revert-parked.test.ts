// SPEC section 9, Undo: an upload that came half-way only, or in two halves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adminToken } from "../app-under-test.ts";
import { Browser } from "../console/browser.ts";
import { eachDatabase } from "../database/each-database.ts";
import { inactiveOf, row, undoSchool, why } from "./undo-school.ts";

eachDatabase("undo of an upload that was parked", (opened) => {
  const school = () => undoSchool(opened().client);

  test("what was applied of an upload that was then given up is put back", async () => {
    const { send, sendHalf, revert, stored, ok, under } = await school();
    await send(row("a", "1", "Ana"), row("b", "2"), row("c", "3"));
    const before = await stored();
    const half = await sendHalf(row("a", "9", "Anna"), row("n", "1"), row("b", "8"));
    assert.equal((await stored()).length, 4);
    const parked = await under.admin("POST", `/admin/uploads/${half}/revert`);
    assert.deepEqual([parked.status, parked.body.code], [409, "upload_not_revertible"]);
    assert.match(parked.body.detail, /is parked, and only an upload that is completed or was/);
    await ok("POST", `/admin/uploads/${half}/discard`, { reason: "damaged" });
    const report = async () =>
      await (await under.app.fetch(
        new Request(`http://worker.test/admin/uploads/${half}/report`, {
          headers: { authorization: `Bearer ${adminToken}` },
        }),
      )).text();
    const reported = await report();
    assert.match(reported, /given up by admin: damaged.* 2 rows of it had been applied before/);
    const answer = await revert(half);
    assert.deepEqual(
      [answer.state, answer.restored, answer.removed, answer.items],
      ["reverted", 1, 1, []],
    );
    assert.deepEqual(await stored(), before);
    assert.equal((await ok("GET", `/admin/uploads/${half}`)).state, "reverted");
    assert.equal(await report(), reported, "the report stays what the school has read");
    assert.deepEqual(await revert(half), answer);
  });

  test("the console gives it up, says that what it changed stays, and puts that back", async () => {
    const { send, sendHalf, stored, under, verify } = await school();
    await send(row("a", "1", "Ana"), row("b", "2"));
    const before = await stored();
    const half = await sendHalf(row("a", "9", "Anna"), row("n", "7"), row("b", "8"));
    await verify("n");
    const browser = new Browser(under.app);
    await browser.post("/console/sign-in", { token: adminToken });
    const path = `/console/uploads/${half}`;
    const parked = await browser.open(path);
    assert.match(parked.html, /What it changed already stays, until you revert it afterwards/);
    assert.doesNotMatch(parked.html, /Revert this upload/);
    const given = await browser.submit(parked, `${path}/discard`, { reason: "damaged" });
    assert.match(given.html, /Put back what this upload changed/);
    const refused = await browser.submit(given, `${path}/revert`, { confirm: "another.csv" });
    assert.equal(refused.status, 409);
    const done = await browser.submit(refused, `${path}/revert`, { confirm: "roster.csv" });
    assert.match(done.html, /What the upload changed was put back/);
    assert.doesNotMatch(done.html, /Revert this upload/);
    assert.match(done.html, /1 student as before, 0 students gone, 1 student made inactive/);
    assert.match(done.html, /n@x\.edu[^]*added and then verified, and is inactive now/);
    assert.deepEqual((await stored()).slice(0, 2), before);

    const none = await sendHalf();
    await opened().client.execute({
      sql: "UPDATE uploads SET state = 'discarded' WHERE id = ?",
      args: [none],
    });
    assert.doesNotMatch((await browser.open(`/console/uploads/${none}`)).html, /Put back what/);
  });

  test("one that was given up before a row of it was applied has nothing to put back", async () => {
    const { send, under, ok } = await school();
    const held = await send();
    for (const pass of ["apply", "check"]) {
      await opened().client.execute({
        sql: "UPDATE uploads SET state = 'parked', pass = ? WHERE id = ?",
        args: [pass, held],
      });
      await opened().client.execute({
        sql: "DELETE FROM rosters WHERE upload_id = ?",
        args: [held],
      });
      await ok("POST", `/admin/uploads/${held}/discard`);
      const { status, body } = await under.admin("POST", `/admin/uploads/${held}/revert`);
      assert.deepEqual([status, body.code], [409, "upload_not_revertible"]);
      assert.match(body.detail, /is discarded, and no row of it was ever applied/);
    }
  });

  test("a student whom two slices of an upload changed stands as before the first", async () => {
    const { send, revert, stored } = await school();
    await send(row("a", "1", "Ana"), row("b", "2"), row("c", "3"));
    const before = await stored();
    const twice = await send(
      row("a", "7", "Anna"),
      row("b", "1"),
      row("c", "", "Cy"),
      row("a", "8", "Anne"),
      row("a", "9"),
      row("a", "", "Anka"),
    );
    const answer = await revert(twice);
    assert.deepEqual([answer.restored, answer.items], [3, []]);
    assert.deepEqual(await stored(), before);
  });

  test("whom another upload changed between two slices stands as that one left him, and it says so", async () => {
    const { send, sendHalf, goOn, revert, stored, ok, under } = await school();
    await send(row("a", "A", "Ana"), row("b", "B"), row("c", "C"));
    // a and b are changed before and after the other upload; n is added before it.
    const rows = [
      ...[row("a", "A2", "Anna"), row("n", "N", "Nan"), row("b", "", "Ben"), row("c", "", "Cy")],
      ...[row("a", "A2"), row("n", "", "Nina"), row("b", "", "Benno")],
    ];
    const parked = await sendHalf(...rows);
    const other = await send(row("a", "A", "", "Lee"), row("n", "", "", "Moss"));
    const before = await stored();
    await goOn(parked, ...rows);
    assert.equal((await ok("GET", `/admin/uploads/${parked}`)).state, "completed");
    const answer = await revert(parked);
    assert.deepEqual(why(answer), ["a changed_since", "n changed_since"]);
    assert.match(
      answer.items[0].message,
      new RegExp(`^The upload roster\\.csv \\(${other}\\) changed the student since`),
    );
    assert.deepEqual(await stored(), before);
    under.clock.now += 60_000;
    assert.deepEqual(why(await revert(other)), []);
    const [a] = await stored();
    assert.deepEqual([a!["student_id"], a!["first_name"]], ["A2", "Anna"]);
  });

  test("who left with a snapshot between two slices is inactive again", async () => {
    const { send, sendHalf, goOn, snapshot, revert, stored } = await school();
    await send(row("a", "1"), row("b", "2"));
    const rows = [row("a", "", "Ana"), row("b", "", "Ben"), row("a", "", "Anna")];
    const parked = await sendHalf(...rows);
    await snapshot(row("b", "2"));
    const before = await stored();
    assert.deepEqual(inactiveOf(before), ["a"]);
    await goOn(parked, ...rows);
    assert.deepEqual(inactiveOf(await stored()), []);
    assert.deepEqual(why(await revert(parked)), ["a changed_since"]);
    const [a] = await stored();
    assert.deepEqual(a, before[0]);
  });
}, { only: ["file:", "http:"] });
