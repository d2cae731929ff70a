// Key exchanges cost the server a lot and a stranger nothing: each source has so many a second.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../bridge/door/pace.ts";
import { Clock } from "../by-hand.ts";

test("a source has so many key exchanges at once and then so many a second; others do not wait", () => {
  const clock = new Clock();
  const pace = new Pace({ burst: 3, perSecond: 2 }, { now: () => clock.now, after: clock.after });
  const done: number[] = [];
  for (let i = 0; i < 8; i++) pace.turn("192.0.2.7", () => done.push(i));
  assert.deepEqual(done, [0, 1, 2]);
  assert.equal(pace.waiting, 5);
  let other = false;
  pace.turn("192.0.2.8", () => other = true);
  assert.equal(other, true);
  clock.pass(1000);
  assert.deepEqual(done, [0, 1, 2, 3, 4]);
  clock.pass(1500);
  assert.deepEqual(done, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(pace.waiting, 0);
});

test("an exchange that led to a login costs nothing, and who goes away waits no more", () => {
  const clock = new Clock();
  const pace = new Pace({ burst: 1, perSecond: 1 }, { now: () => clock.now, after: clock.after });
  const done: string[] = [];
  pace.turn("192.0.2.7", () => done.push("first"));
  const callOff = pace.turn("192.0.2.7", () => done.push("second"));
  pace.turn("192.0.2.7", () => done.push("third"));
  callOff();
  pace.giveBack("192.0.2.7");
  assert.deepEqual(done, ["first", "third"]);
});

test("however many sources there are, ten thousand are remembered, and a new one costs no look at them all", () => {
  const clock = new Clock();
  let looks = 0;
  const now = () => (looks++, clock.now);
  const pace = new Pace({ burst: 1, perSecond: 1 }, { now, after: clock.after });
  const goesAtOnce = (source: string) => {
    let went = false;
    pace.turn(source, () => went = true)();
    return went;
  };
  const others = (from: number, count: number) => {
    for (let i = from; i < from + count; i++) assert.ok(goesAtOnce(`10.0.${i >> 8}.${i & 255}`));
  };
  assert.ok(goesAtOnce("192.0.2.7"));
  others(0, 9_999);
  assert.equal(goesAtOnce("192.0.2.7"), false, "remembered");
  others(10_000, 10_000);
  assert.equal(goesAtOnce("192.0.2.7"), true, "forgotten");
  assert.ok(looks < 10 * 20_000, `${looks} looks at the clock`);
});
