// What only one may do at a time is done by one at a time, whenever it is asked for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEachOther } from "../../../worker/events/after-each-other.ts";

test("one call at a time, also when it is asked for at the very moment that one ends", async () => {
  let underWay = 0;
  let most = 0;
  let calls = 0;
  const work = afterEachOther(async () => {
    calls += 1;
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay -= 1;
  });
  const first = work();
  const next = work();
  const asked = first.then(() => work());
  await Promise.all([first, next, asked]);
  assert.deepEqual([most, calls], [1, 2]);
});

test("what is asked for while a call is under way is done by one more, also when that one fails", async () => {
  const done: string[] = [];
  let fail = true;
  const work = afterEachOther(async () => {
    await Promise.resolve();
    if (!fail) return void done.push("done");
    fail = false;
    throw new Error("it failed");
  });
  const first = work();
  const [second, third] = [work(), work()];
  await assert.rejects(first, /it failed/);
  await Promise.all([second, third]);
  assert.deepEqual(done, ["done"]);
});
