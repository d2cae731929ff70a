// SPEC section 9, Undo: in whatever order uploads are reverted, what nothing changed since is as before.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { statements } from "../../../worker/database/migrations/0034-reverts-again.ts";
import { statements as revertedBy } from "../../../worker/database/migrations/0036-reverted-by.ts";
import { revertAgain } from "../../../worker/database/school/revert-again.ts";
import { takeBackAdded } from "../../../worker/database/school/revert-added.ts";
import {
  beginRevert,
  RevertMoved,
  revertOf,
  writeRevert,
} from "../../../worker/database/school/reverts.ts";
import { retainInPassing } from "../../../worker/intake/retention.ts";
import { carryOutRevert } from "../../../worker/intake/revert.ts";
import { adminToken } from "../app-under-test.ts";
import { Browser } from "../console/browser.ts";
import { eachDatabase } from "../database/each-database.ts";
import { kindsOf } from "../events/happened.ts";
import { row, undoSchool, why } from "./undo-school.ts";

eachDatabase("undo in another order", (opened) => {
  const school = () => undoSchool(opened().client);

  test("the earlier upload first: it says which one stands in the way, and when that is reverted puts back the rest", async () => {
    const { send, revert, stored, ok, database } = await school();
    await send(row("a", "1", "Ana"), row("b", "2", "Ben"));
    const before = await stored();
    const wrong = await send(row("a", "1", "Anna"), row("b", "2", "Benno"), row("n", "9"));
    const later = await send(row("a", "1", "", "Lee"), row("n", "8"));
    const first = await revert(wrong);
    assert.deepEqual([first.restored, first.removed, first.again], [1, 0, false]);
    assert.deepEqual(why(first), ["a changed_since", "n changed_since"]);
    const inTheWay = `The upload roster.csv (${later}) changed the student since`;
    assert.ok(first.items[0].message.startsWith(inTheWay), first.items[0].message);
    assert.match(first.items[0].message, /revert that upload first, then this one again\.$/);
    assert.deepEqual(await revert(wrong), first, "nothing can be put back yet");

    assert.deepEqual(why(await revert(later)), []);
    assert.equal((await ok("GET", `/admin/uploads/${wrong}/revert`)).again, true);
    const second = await revert(wrong);
    assert.deepEqual([second.restored, second.removed, second.items], [2, 1, []]);
    assert.deepEqual([second.state, second.again], ["reverted", false]);
    assert.deepEqual(await stored(), before);
    assert.deepEqual(await revert(wrong), second, "and nothing is left to put back");
    const told = (await kindsOf(database, wrong)).filter((kind) => kind === "upload.reverted");
    assert.equal(told.length, 2, "it is told of each");
    const { items } = await ok("GET", "/admin/audit?limit=200");
    const audited = items.filter((one: { action: string; detail: { upload?: string } }) =>
      one.action === "upload.reverted" && one.detail.upload === wrong
    );
    assert.equal(audited.length, 2, "each is in the audit");
  });

  test("a StudentId that is free again is given back when it is asked for again, and what hung on it", async () => {
    const { send, revert, stored, ok } = await school();
    await send(row("a", "1"), row("b", "2"));
    const wrong = await send(row("a", "5"), row("b", "1x"), row("c", "2"));
    await send(row("b", "5x"), row("z", "1"));
    assert.deepEqual(why(await revert(wrong)), ["a student_id_taken", "b changed_since"]);
    const { items: [taken] } = await ok("GET", `/admin/uploads/${wrong}/revert`);
    assert.match(
      taken.message,
      /belongs to z@x\.edu now.*When it is free, revert this upload again/,
    );
    await send(row("z", "7"));
    const answer = await revert(wrong);
    assert.deepEqual(why(answer), ["b changed_since"]);
    assert.deepEqual((await stored()).map((one) => one["student_id"]), ["1", "5x", "7"]);
  });

  test("an upload around another one: whatever order, all is as before both", async () => {
    for (const order of ["around first", "other first"]) {
      const { send, sendHalf, goOn, revert, stored } = await school();
      await send(row("a", "A", "Ana"), row("b", "B"));
      const before = await stored();
      // a is changed by the one, by the other, and by the one again; n is added by the one.
      const rows = [row("a", "A2", "Anna"), row("n", "N"), row("a", "A3"), row("n", "N3")];
      const around = await sendHalf(...rows);
      const other = await send(row("a", "A4", "", "Lee"), row("n", "N4"));
      await goOn(around, ...rows);
      const [one, two] = order === "around first" ? [around, other] : [other, around];
      await revert(one!);
      await revert(two!);
      if (order === "other first") await revert(other);
      assert.deepEqual(why(await revert(around)), [], order);
      assert.deepEqual(await stored(), before, order);
    }
  });

  test("who was added by an upload around another one is listed, and gone with the other one", async () => {
    const { send, sendHalf, goOn, revert, stored } = await school();
    await send(row("z", "Z"));
    const before = await stored();
    const rows = [row("n", "N"), row("m"), row("n", "N3")];
    const around = await sendHalf(...rows);
    const other = await send(row("n", "N4"));
    await goOn(around, ...rows);
    const first = await revert(around);
    assert.deepEqual(why(first), ["n changed_since"]);
    assert.deepEqual([first.restored, first.removed], [0, 1]);
    await revert(other);
    const last = await revert(around);
    assert.deepEqual([last.restored, last.removed, last.items], [0, 2, []]);
    assert.deepEqual(await stored(), before);
  });

  test("a student who is put back in two runs counts as one", async () => {
    const { send, sendHalf, goOn, revert } = await school();
    await send(row("a", "A", "Ana"), row("b"));
    const rows = [row("a", "A", "Anna"), row("b"), row("a", "A", "Anne")];
    const around = await sendHalf(...rows);
    const other = await send(row("a", "A", "", "Lee"));
    await goOn(around, ...rows);
    const first = await revert(around);
    assert.deepEqual([first.restored, ...why(first)], [0, "a changed_since"]);
    await revert(other);
    const last = await revert(around);
    assert.deepEqual([last.restored, last.items], [1, []]);
  });

  test("who is as before is not listed when others are put back, whatever changed him between", async () => {
    const { send, revert } = await school();
    await send(row("a", "1", "Ana"), row("b", "2", "Ben"));
    const wrong = await send(row("a", "1", "Anna"), row("b", "2", "Benno"));
    const ofA = await send(row("a", "1", "Anne"));
    const ofB = await send(row("b", "2", "Bo"));
    await revert(ofA);
    assert.deepEqual(why(await revert(wrong)), ["b changed_since"]);
    await revert(ofB);
    const answer = await revert(wrong);
    assert.deepEqual([answer.restored, answer.items], [2, []]);
  });

  test("of several later uploads it names the one that stands, until the last is reverted", async () => {
    const { send, revert, ok } = await school();
    await send(row("a", "1", "Ana"));
    const wrong = await send(row("a", "1", "Anna"));
    const second = await send(row("a", "1", "Anne"));
    const third = await send(row("a", "1", "Annie"));
    const said = async () => (await ok("GET", `/admin/uploads/${wrong}/revert`)).items[0].message;
    await revert(wrong);
    assert.match(await said(), new RegExp(`${third}.*revert that upload first`));
    await revert(third);
    assert.match(await said(), new RegExp(`${second}.*revert that upload first`));
    await revert(second);
    assert.match(await said(), /was reverted\. .* revert this upload again\.$/);
    assert.deepEqual((await revert(wrong)).items, []);
  });

  test("the history says of each student who had him put back, also where another did so again", async () => {
    const { send, revert, history, database, id, under } = await school();
    await send(row("a", "1", "Ana"), row("b", "2", "Ben"), row("c", "3", "Cy"));
    const wrong = await send(row("a", "1", "X"), row("b", "2", "Y"), row("c", "3", "Z"));
    const ofB = await send(row("b", "2", "Bo"));
    const revertBy = async (actor: string) => {
      const by = { actor, at: new Date(under.clock.now).toISOString() };
      const upload = { id: wrong, schoolId: id as SchoolId };
      await database.batch([
        ...revertAgain(wrong, null, by),
        beginRevert(upload, null, by),
      ], "write");
      await carryOutRevert(database, wrong, by.at);
    };
    const whoReverted = (name: string) =>
      history(name).then(({ items }) =>
        items.filter((one: { kind: string; upload: { id: string } }) =>
          one.kind === "reverted" && one.upload.id === wrong
        ).map(({ by }: { by: string }) => by)
      );
    await revertBy("ruth");
    await database.execute(
      "UPDATE student_changes SET reverted_by = NULL WHERE username_key = 'c@x.edu'",
    );
    assert.deepEqual(await whoReverted("c"), ["ruth"]);
    await database.execute(revertedBy.at(-1)!);
    await revert(ofB);
    await revertBy("bob");
    assert.deepEqual(await Promise.all(["a", "b", "c"].map(whoReverted)), [
      ["ruth"],
      ["bob"],
      ["ruth"],
    ]);
  });

  test("a worker that slept through the first run takes no step of it in the second", async () => {
    const { send, revert, stored, database, id, under } = await school();
    await send(row("a", "1", "Ana"));
    const wrong = await send(row("a", "1", "Anna"));
    const later = await send(row("a", "1", "Anne"));
    const by = { actor: "ruth", at: new Date(under.clock.now).toISOString() };
    const upload = { id: wrong, schoolId: id as SchoolId };
    await database.batch([beginRevert(upload, null, by)], "write");
    const slept = (await revertOf(database, wrong))!;
    await revert(wrong);
    await revert(later);
    await database.batch(revertAgain(wrong, null, by), "write");
    const step = takeBackAdded(slept, undefined, by.at);
    await assert.rejects(writeRevert(database, step), RevertMoved);
    assert.deepEqual((await revertOf(database, wrong))!.phase, "added");
    await revert(wrong);
    assert.equal((await stored())[0]!["first_name"], "Ana");
  });

  test("who was added, changed by a later upload and verified meanwhile becomes inactive then", async () => {
    const { send, revert, stored, verify } = await school();
    await send(row("a"));
    const wrong = await send(row("n", "1"));
    const later = await send(row("n", "2"));
    assert.deepEqual(why(await revert(wrong)), ["n changed_since"]);
    await revert(later);
    await verify("n");
    const answer = await revert(wrong);
    assert.deepEqual([answer.madeInactive, ...why(answer)], [1, "n verified"]);
    assert.notEqual((await stored())[1]!["inactive_since"], null);
    assert.deepEqual(await revert(wrong), answer);
  });

  test("files that retention took out of the home take nothing from it: histories stay", async () => {
    const { send, revert, stored, ok, slug, under, database, id } = await school();
    await send(row("a", "1", "Ana"));
    const before = await stored();
    const wrong = await send(row("a", "1", "Anna"), row("n", "9"));
    const path = "/inbound/roster.csv.20261122T101530123Z.original";
    await database.execute({
      sql: "INSERT INTO files (school_id, path, state, size, at) VALUES (?, ?, 'complete', 1, ?)",
      args: [id, path, new Date(under.clock.now).toISOString()],
    });
    await ok("PUT", `/admin/schools/${slug}/retention`, { days: 1, reason: "law" });
    under.clock.now += 3 * 86_400_000;
    await retainInPassing(under.context);
    const { items } = await ok("GET", `/admin/audit?school=${slug}&action=file.removal_asked`);
    assert.deepEqual(items.map(({ detail }: { detail: { path: string } }) => detail.path), [path]);
    assert.deepEqual((await revert(wrong)).items, []);
    assert.deepEqual(await stored(), before);
  });

  test("also one that an earlier version put back", async () => {
    const { send, revert, stored, database } = await school();
    await send(row("a", "1", "Ana"), row("b", "2", "Ben"));
    const before = await stored();
    const wrong = await send(row("a", "1", "Anna"), row("b", "2", "Benno"));
    const later = await send(row("a", "1", "Anne"));
    assert.deepEqual(why(await revert(wrong)), ["a changed_since"]);
    await database.execute("UPDATE student_changes SET undone = NULL");
    await database.execute(statements.at(-1)!);
    await revert(later);
    const answer = await revert(wrong);
    assert.deepEqual([answer.restored, answer.items], [2, []]);
    assert.deepEqual(await stored(), before);
  });

  test("the console says which upload stands in the way, and has the rest put back", async () => {
    const { send, revert, stored, under } = await school();
    await send(row("a", "1", "Ana"));
    const before = await stored();
    const wrong = await send(row("a", "1", "Anna"));
    const later = await send(row("a", "1", "Anne"));
    await revert(wrong);
    const browser = new Browser(under.app);
    await browser.post("/console/sign-in", { token: adminToken });
    const path = `/console/uploads/${wrong}`;
    const waits = await browser.open(path);
    assert.match(waits.html, new RegExp(`${later}.*revert that upload first`));
    assert.doesNotMatch(waits.html, /Put back what was left/);
    await revert(later);
    const page = await browser.open(path);
    assert.match(page.html, /Put back what was left/);
    const done = await browser.submit(page, `${path}/revert`, { confirm: "roster.csv" });
    assert.match(done.html, /1 student as before, 0 students gone/);
    assert.doesNotMatch(done.html, /Put back what was left/);
    assert.deepEqual(await stored(), before);
  });
}, { only: ["file:", "http:"] });
