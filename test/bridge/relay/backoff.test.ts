// DESIGN: exponential back-off with jitter to 60 s, for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../../../bridge/relay/backoff.ts";

const least = () => 0;
const most = () => 1 - Number.EPSILON;

test("the wait doubles with each failure in a row, from 100 ms", () => {
  for (let failures = 1; failures <= 9; failures++) {
    const whole = 100 * 2 ** (failures - 1);
    assert.equal(backoffMs(failures, least), whole / 2);
    assert.ok(Math.abs(backoffMs(failures, most) - whole) < 0.001);
  }
});

test("the wait never exceeds a minute, however often it failed", () => {
  for (const failures of [10, 11, 20, 21, 100, 1_000_000, Number.MAX_SAFE_INTEGER]) {
    const wait = backoffMs(failures, most);
    assert.ok(wait <= 60_000 && wait > 50_000, `${wait} after ${failures}`);
    assert.ok(backoffMs(failures, least) >= 25_000);
  }
});

test("jitter spreads those that failed together over half of the wait", () => {
  const waits = Array.from({ length: 1000 }, (_, i) => backoffMs(8, () => i / 1000));
  assert.equal(Math.min(...waits), 6_400);
  assert.ok(Math.max(...waits) > 12_700 && Math.max(...waits) < 12_800);
  assert.equal(new Set(waits).size, 1000);
});
