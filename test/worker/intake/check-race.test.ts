// SPEC section 9, "Snapshot" and "Hold": the last slice of a check that is sent twice, as the bridge does when no
// answer comes in time, makes nobody inactive whom the file names and gets past no limit.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, ResultSet } from "@libsql/client";
import { aroundStatements } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { header, rows, SafeWorld } from "./safe-world.ts";

/** The database; `around` has each statement that notes a page of those whom a snapshot does not name. */
function interrupted(
  client: Client,
  around: (note: () => Promise<ResultSet>) => Promise<ResultSet>,
): Client {
  return aroundStatements(
    client,
    async (make, statement) =>
      JSON.stringify(statement).includes("'left', username_key")
        ? await around(make)
        : await make(),
  );
}

/** Something that is waited for. */
function signal(): { promise: Promise<void>; resolve(): void } {
  let resolve = () => {};
  const promise = new Promise<void>((resolved) => resolve = resolved);
  return { promise, resolve };
}

eachDatabase("the end of a check that is sent twice", (opened) => {
  test("what one of them decided, the other one's students change no more", async () => {
    let id = "";
    let pages = 0;
    const world = await SafeWorld.open(
      interrupted(opened().client, async (note) => {
        if (id === "" || pages++ > 0) return await note();
        world.mostSlices = 1;
        assert.equal((await world.goOn(id)).pass, "apply");
        world.mostSlices = Infinity;
        return await note();
      }),
      { mode: "snapshot" },
    );
    await world.send(rows(0, 6));
    id = world.accept(header + rows(0, 5));
    await world.goOn(id);
    assert.ok(pages > 1);
    assert.equal((await world.upload(id)).state, "completed");
    assert.deepEqual(await world.students("inactive"), ["s5"]);
  });

  test("two that look for them side by side find all of them, and the limits measure all", async () => {
    let id = "";
    let pages = 0;
    let other: Promise<unknown> | undefined;
    const otherLooks = signal();
    const firstNoted = signal();
    const world = await SafeWorld.open(
      interrupted(opened().client, async (note) => {
        if (id === "") return await note();
        const page = ++pages;
        if (page === 1) {
          world.mostSlices = 1;
          other = world.goOn(id);
          await otherLooks.promise;
        } else if (page === 2) {
          otherLooks.resolve();
          await firstNoted.promise;
        } else {
          await other;
        }
        const noted = await note();
        firstNoted.resolve();
        return noted;
      }),
      { mode: "snapshot" },
    );
    await world.send(rows(0, 5_100));
    // A page of those who leave is less than that, all of them are more.
    await world.settings({ holdWhen: { removedPercent: 98.1 } });
    id = world.accept(header + rows(0, 10));
    await world.goOn(id);
    await other;
    const { state, heldBecause } = await world.upload(id);
    assert.equal(state, "held");
    assert.match(heldBecause, /make 5,090 of 5,100 active students inactive/);
    assert.equal((await world.preview(id)).counts.left, 5_090);
  });
}, { only: ["file:", "http:"] });
