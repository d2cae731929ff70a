// SPEC section 9, Undo and history.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { inactiveOf, row, undoSchool, why } from "./undo-school.ts";
import { kindsOf } from "../events/happened.ts";

eachDatabase("undo", (opened) => {
  const school = () => undoSchool(opened().client);

  test("each student an upload changed, that nothing changed since, is as before", async () => {
    const { send, revert, stored, database } = await school();
    await send(row("a", "1", "Ana", "Lee"), row("b", "2", "Ben"), row("c", "3", "Cy"));
    const before = await stored();
    const wrong = await send(row("a", "9", "Anna"), row("b", "2", "Benno"), row("c", "3", "Cy"));
    await send(row("b", "", "Bernard"));
    const answer = await revert(wrong);
    assert.deepEqual([answer.restored, answer.removed, why(answer)], [1, 0, ["b changed_since"]]);
    const [a, b, c] = await stored();
    assert.deepEqual([a, c], [before[0], before[2]]);
    assert.equal(b!["first_name"], "Bernard");
    const told = await kindsOf(database, wrong);
    assert.equal(told.filter((kind) => kind === "upload.reverted").length, 1);
    assert.deepEqual(
      await revert(wrong),
      answer,
      "a second call answers the same, and does nothing",
    );
  });

  test("added ones that were never verified are gone, others inactive; what was exported it says", async () => {
    const { send, revert, verify, stored, export: exported, ok } = await school();
    const wrong = await send(row("a"), row("b"), row("c"), row("d"));
    await verify("b");
    await exported();
    await verify("c");
    await send(row("d", "4"));
    const answer = await revert(wrong);
    assert.deepEqual([answer.removed, answer.madeInactive], [1, 2]);
    assert.deepEqual(why(answer), ["b exported", "c verified", "d changed_since"]);
    assert.match(
      answer.items[0].message,
      /cannot be called back; here the student is inactive now\.$/,
    );
    const left = await stored();
    assert.deepEqual(left.map((one) => [one["username"], one["inactive_since"] !== null]), [
      ["b@x.edu", true],
      ["c@x.edu", true],
      ["d@x.edu", false],
    ]);
    const page = await ok("GET", `/admin/uploads/${wrong}/revert?limit=2`);
    assert.equal(page.items.length, 2);
    const next = await ok("GET", `/admin/uploads/${wrong}/revert?limit=2&cursor=${page.next}`);
    assert.deepEqual(why(next), ["d changed_since"]);
    assert.equal((await ok("GET", `/admin/uploads/${wrong}`)).state, "reverted");
  });

  test("of one that it changed and that was exported it says that it was put back here", async () => {
    const { send, revert, verify, stored, export: exported } = await school();
    await send(row("a", "1", "Ana"));
    const wrong = await send(row("a", "1", "Anna"));
    await verify("a");
    await exported();
    const answer = await revert(wrong);
    assert.deepEqual(why(answer), ["a exported"]);
    assert.match(
      answer.items[0].message,
      /cannot be called back; here the student was put back\.$/,
    );
    assert.equal((await stored())[0]!["first_name"], "Ana");
  });

  test("whom a snapshot made inactive is active again as before, and who returned with it is inactive again", async () => {
    const { send, snapshot, revert, stored } = await school();
    const all = ["a", "b", "c", "d", "e", "f"].map((name) => row(name, `${name}1`, "Ana"));
    await send(...all);
    await snapshot(...all.slice(0, 5));
    const before = await stored();
    assert.deepEqual(inactiveOf(before), ["f"]);
    const half = await snapshot(all[0]!, row("b", "b2", "Bea"), row("f", "f1", "Flo"));
    const left = await stored();
    assert.deepEqual(inactiveOf(left), ["c", "d", "e"]);
    await send(row("d", "", "Dan"));
    const answer = await revert(half);
    assert.deepEqual([answer.restored, why(answer)], [4, ["d changed_since"]]);
    const after = await stored();
    assert.deepEqual(inactiveOf(after), ["f"]);
    assert.equal(after[3]!["first_name"], "Dan");
    assert.deepEqual(
      after.toSpliced(3, 1),
      before.toSpliced(3, 1),
      "also since when f is inactive",
    );
  });

  test("a snapshot that made half of a school inactive is put back, page by page", async () => {
    const { send, snapshot, revert, stored } = await school();
    const all = Array.from({ length: 2600 }, (_, i) => row(`s${i}`, `S${i}`));
    await send(...all);
    const before = await stored();
    const half = await snapshot(...all.filter((_, i) => i % 2 === 0));
    assert.equal(inactiveOf(await stored()).length, 1300);
    assert.equal((await revert(half)).restored, 1300);
    assert.deepEqual(await stored(), before);
  });

  test("a student who changed by a snapshot and left with a later one gets back both, the last first", async () => {
    const { send, snapshot, revert, stored } = await school();
    await send(row("a", "1"), row("b", "2"));
    const before = await stored();
    const first = await snapshot(row("a", "1"), row("b", "3"));
    const second = await snapshot(row("a", "1"));
    assert.deepEqual(inactiveOf(await stored()), ["b"]);
    assert.deepEqual(why(await revert(second)), []);
    assert.deepEqual(why(await revert(first)), []);
    assert.deepEqual(await stored(), before);
  });

  test("StudentIds go back also where students had swapped or passed them on", async () => {
    const { send, revert, stored } = await school();
    await send(row("a", "1"), row("b", "2"), row("c", "3"), row("d", "4"));
    const before = await stored();
    // a and b swap; n is new and takes c's; c takes d's, d gets a new one.
    const wrong = await send(
      row("a", "2"),
      row("b", "1"),
      row("n", "3"),
      row("c", "4"),
      row("d", "5"),
    );
    const answer = await revert(wrong);
    assert.deepEqual([answer.restored, answer.removed, answer.items], [4, 1, []]);
    assert.deepEqual(await stored(), before);
  });

  test("a StudentId that is another one's now cannot be put back, nor what hangs on it", async () => {
    const { send, revert, stored } = await school();
    await send(row("a", "1"), row("b", "2"), row("c", "3"));
    const wrong = await send(row("a", "5"), row("b", "1x"), row("c", "2"));
    // z takes the id that a had; b can have its own back only when c gives it back, and c does.
    await send(row("z", "1"));
    const answer = await revert(wrong);
    assert.deepEqual(why(answer), ["a student_id_taken"]);
    assert.match(answer.items[0].message, /belongs to z@x\.edu now/);
    const ids = (await stored()).map((one) => one["student_id"]);
    assert.deepEqual(ids, ["5", "2", "3", "1"]);
  });

  test("the last upload reverted first, then the one before: all is as at the beginning", async () => {
    const { send, revert, stored } = await school();
    await send(row("a", "1", "Ana"));
    const before = await stored();
    const second = await send(row("a", "2", "Anna"), row("n", "1"));
    const third = await send(row("a", "3"), row("n", "7", "Nan"));
    assert.deepEqual(why(await revert(third)), []);
    assert.deepEqual(why(await revert(second)), []);
    assert.deepEqual(await stored(), before);
  });

  test("only an upload that is completed can be reverted", async () => {
    const { send, under } = await school();
    const rejected = await send('"');
    const { rows } = await opened().client.execute({
      sql: "UPDATE uploads SET state = 'rejected' WHERE id = ? RETURNING state",
      args: [rejected],
    });
    assert.equal(rows.length, 1);
    const answer = await under.admin("POST", `/admin/uploads/${rejected}/revert`);
    assert.deepEqual([answer.status, answer.body.code], [409, "upload_not_revertible"]);
    const old = await send(row("a"));
    await opened().client.execute({
      sql: "UPDATE rosters SET has_history = 0 WHERE upload_id = ?",
      args: [old],
    });
    assert.match(
      (await under.admin("POST", `/admin/uploads/${old}/revert`)).body.detail,
      /before histories were kept\. Nothing was changed/,
    );
  });

  test("every student has a history: which upload or person changed which column, from, to, when", async () => {
    const { send, revert, verify, history, under } = await school();
    const first = await send(row("a", "1", "Ana"));
    const second = await send(row("a", "2", "Anna"));
    await verify("a");
    under.clock.now += 60_000;
    await revert(second);
    const { items } = await history("a");
    const changes = [
      { column: "StudentId", from: "1", to: "2" },
      { column: "FirstName", from: "Ana", to: "Anna" },
    ];
    const back = changes.map(({ column, from, to }) => ({ column, from: to, to: from }));
    const name = "roster.csv";
    assert.deepEqual(items.map(({ at: _, ...entry }: { at: string }) => entry), [
      { kind: "reverted", upload: { id: second, name }, by: "admin", changes: back },
      { kind: "verified", upload: null, by: "Ruth", changes: [] },
      { kind: "changed", upload: { id: second, name }, by: null, changes },
      { kind: "added", upload: { id: first, name }, by: null, changes: [] },
    ]);
    const times = items.map(({ at }: { at: string }) => at);
    assert.deepEqual(times, times.toSorted().toReversed());
    const pages = [];
    for (let query = "?limit=1"; query !== "";) {
      const page = await history("a", query);
      pages.push(...page.items);
      query = page.next === undefined ? "" : `?limit=1&cursor=${page.next}`;
    }
    assert.deepEqual(pages, items);
  });

  test("the history says who left and returned with an upload, and whom a revert made inactive", async () => {
    const { send, snapshot, revert, verify, history, under } = await school();
    const first = await send(row("a", "1"), row("b", "2"));
    const left = await snapshot(row("b", "2"));
    const back = await send(row("a", "9"));
    under.clock.now += 60_000;
    await revert(back);
    under.clock.now += 60_000;
    await revert(left);
    await verify("a");
    under.clock.now += 60_000;
    await revert(first);
    const { items } = await history("a");
    type Entry = { kind: string; upload: { id: string } | null; changes: Change[] };
    type Change = { column: string; from: string; to: string };
    const active = "Status inactive active";
    const inactive = "Status active inactive";
    assert.deepEqual(
      items.map(({ kind, upload, changes }: Entry) => [
        kind,
        upload?.id ?? null,
        ...changes.map(({ column, from, to }) => `${column} ${from} ${to}`),
      ]),
      [
        ["reverted", first, inactive],
        ["verified", null],
        ["reverted", left, active],
        ["reverted", back, inactive, "StudentId 9 1"],
        ["changed", back, "StudentId 1 9"],
        ["changed", back, active],
        ["changed", left, inactive],
        ["added", first],
      ],
    );
  });
}, { only: ["file:", "http:"] });
