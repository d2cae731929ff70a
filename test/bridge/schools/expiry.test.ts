// SPEC section 1: an expired key's open session is closed when it expires, though nobody says so then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { watchExpiry } from "../../../bridge/schools/expiry.ts";

test("what has expired is looked for at that instant, and at the next one after it", (t) => {
  let now = 0;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pass = (milliseconds: number) => {
    now += milliseconds;
    t.mock.timers.tick(milliseconds);
  };
  const day = 24 * 3_600_000;
  const expiries = [1_000, 3 * day];
  const seen: number[] = [];
  const watch = watchExpiry({
    next: (at) => expiries.find((expiry) => expiry > at),
    expired: () => void seen.push(now),
    now: () => now,
  });
  pass(999);
  assert.deepEqual(seen, []);
  pass(1);
  assert.deepEqual(seen, [1_000]);
  for (let days = 0; days < 3; days++) pass(day);
  assert.equal(seen.length, 2, "longer than a timer takes");
  watch.stop();
});
