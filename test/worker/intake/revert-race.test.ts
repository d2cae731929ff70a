// SPEC section 9: a revert between the reading and the writing of rows keeps what it puts back, but for what the
// rows themselves say.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "@libsql/client";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { row, SafeWorld } from "./safe-world.ts";

/** The database; `between` is called before each batch that writes, when what it rests on was read. */
function interrupted(client: Client, between: (sql: string) => Promise<void>): Client {
  return aroundBatches(client, async (make, statements, mode) => {
    if (mode === "write") await between(JSON.stringify(statements));
    return await make();
  });
}

/** The batch of a slice, and the one that settles the rows that wait. */
const slice = "next_line = ?";
const settlement = "deferred = 0";

eachDatabase("a revert while a roster is under way", (database) => {
  /** Sends a wrong file and a right one; the wrong one is put back before the right one's batch. */
  async function revertedBefore(batch: string, files: [string, string, string]) {
    const { client } = database();
    let status: number | undefined;
    /** To be put back, once. */
    let wrong: string | undefined;
    const world = await SafeWorld.open(interrupted(client, async (sql) => {
      if (!wrong || !sql.includes(batch)) return;
      const id = wrong;
      wrong = undefined;
      const { name } = await world.upload(id);
      const path = `/admin/uploads/${id}/revert?confirm=${encodeURIComponent(name)}`;
      status = (await world.app.admin("POST", path, {})).status;
    }));
    await world.send(files[0]);
    wrong = await world.send(files[1]);
    const right = await world.send(files[2]);
    assert.equal(status, 200);
    const { state, rows: counts } = await world.upload(right);
    assert.equal(state, "completed");
    const { rows } = await client.execute({
      sql: `SELECT username_key, student_id, last_name, on_campus FROM students
            WHERE school_id = ? ORDER BY username_key`,
      args: [world.schoolId],
    });
    const students = new Map(rows.map((student) => [
      (student["username_key"] as string).split("@")[0],
      [1, 2, 3].map((column) => student[column]).join(),
    ]));
    const { added, updated, unchanged, rejected } = counts;
    return { students, counts: [added, updated, unchanged, rejected] };
  }

  const twice = row("x@x.edu", "X") + row("x@x.edu", "X");

  test("who was put back to the StudentId that the roster gives keeps it", async () => {
    const { students } = await revertedBefore(slice, [
      row("s@x.edu", "B") + row("x@x.edu", "X"),
      row("s@x.edu", "A"),
      twice + row("s@x.edu", "B"),
    ]);
    assert.equal(students.get("s"), "B,,1");
  });

  test("where a row is blank, what was put back stays; what a row says holds, though it was so when it was read", async () => {
    const { students, counts } = await revertedBefore(slice, [
      row("s@x.edu", "S", "Right") + row("t@x.edu", "T", "Right") + row("x@x.edu", "X"),
      row("s@x.edu", "", "Wrong") + row("t@x.edu", "", "Wrong") + row("n@x.edu", "N", "Wrong"),
      twice + row("s@x.edu", "", "", "0") + row("t@x.edu", "", "Wrong") + row("n@x.edu"),
    ]);
    assert.equal(students.get("s"), "S,Right,0");
    assert.equal(students.get("t"), "T,Wrong,1");
    // Gone with the wrong file, and new with the right one.
    assert.equal(students.get("n"), ",,1");
    assert.deepEqual(counts, [1, 2, 2, 0]);
  });

  test("of rows that wait for the end of the file too", async () => {
    const { students, counts } = await revertedBefore(settlement, [
      row("s@x.edu", "S", "Right") + row("t@x.edu", "T"),
      row("s@x.edu", "", "Wrong") + row("n@x.edu", "N", "Wrong"),
      row("n@x.edu", "S") + row("s@x.edu", "T") + row("s@x.edu", "", "", "0") + row("t@x.edu", "U"),
    ]);
    assert.equal(students.get("s"), "T,Right,0");
    assert.equal(students.get("t"), "U,,1");
    assert.equal(students.get("n"), "S,,1");
    assert.deepEqual(counts, [1, 3, 0, 0]);
  });

  test("a StudentId that somebody has back is not given to the row that found it free", async () => {
    for (const batch of [slice, settlement]) {
      const { students, counts } = await revertedBefore(batch, [
        row("o@x.edu", "O") + row("s@x.edu", "S") + row("t@x.edu", "T") + row("x@x.edu", "X"),
        row("o@x.edu", "P"),
        // Its second row waits with its first.
        twice + (batch === settlement ? row("s@x.edu", "T") : "") + row("s@x.edu", "O") +
        row("t@x.edu", "U"),
      ]);
      assert.equal(students.get("o"), "O,,1");
      assert.equal(students.get("s"), batch === settlement ? "T,,1" : "S,,1");
      assert.equal(students.get("t"), "U,,1");
      assert.equal(counts[3], 1);
    }
  });
});
