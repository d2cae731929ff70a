// SPEC section 9: a revert between the reading and the writing of a slice leaves nobody without a StudentId.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, InStatement } from "@libsql/client";
import { eachDatabase } from "../database/each-database.ts";
import { row, SafeWorld } from "./safe-world.ts";

/** The database; `between` is called when a slice has read who waits and not written yet. */
function interrupted(client: Client, between: () => Promise<void>): Client {
  return new Proxy(client, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "batch") return typeof value === "function" ? value.bind(target) : value;
      return async (statements: InStatement[], mode: "read" | "write") => {
        const results = await target.batch(statements, mode);
        const isRead = mode === "read" && JSON.stringify(statements).includes("deferred_rows");
        if (isRead) await between();
        return results;
      };
    },
  });
}

eachDatabase("a revert while a roster is under way", (database) => {
  test("who was put back to the StudentId that the roster gives keeps it", async () => {
    const { client } = database();
    let reverted: number | undefined;
    /** To be put back, once. */
    let wrong: string | undefined;
    const world = await SafeWorld.open(interrupted(client, async () => {
      if (!wrong) return;
      const id = wrong;
      wrong = undefined;
      const { name } = await world.upload(id);
      const path = `/admin/uploads/${id}/revert?confirm=${encodeURIComponent(name)}`;
      reverted = (await world.app.admin("POST", path, {})).status;
    }));
    await world.send(row("s@x.edu", "B") + row("x@x.edu", "X"));
    wrong = await world.send(row("s@x.edu", "A"));
    const right = await world.send(
      row("x@x.edu", "X") + row("x@x.edu", "X") + row("s@x.edu", "B"),
    );
    assert.equal(reverted, 200);
    assert.equal((await world.upload(right)).state, "completed");
    const { rows } = await client.execute(
      "SELECT student_id FROM students WHERE username_key = 's@x.edu'",
    );
    assert.deepEqual(rows.map((student) => student["student_id"]), ["B"]);
  });
});
