// Failed logins of an address make a ban for a while, and each further one is longer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ban, Bans } from "../../../bridge/door/bans.ts";
import { Networks } from "../../../shared/networks.ts";
import { Clock } from "../by-hand.ts";

const MINUTE = 60_000;
const SOURCE = "192.0.2.7";

function bansOf(clock: Clock, neverBanned: string[] = []): { bans: Bans; told: Ban[] } {
  const told: Ban[] = [];
  const bans = new Bans({
    ...{ failures: 3, banMs: MINUTE, neverBanned: new Networks(neverBanned) },
    now: () => clock.now,
    banned: (ban) => told.push(ban),
  });
  return { bans, told };
}

function fail(bans: Bans, times: number): void {
  for (let i = 0; i < times; i++) bans.failed(SOURCE, SOURCE);
}

test("failed logins of an address ban it for a while, each time twice as long, up to a day", () => {
  const clock = new Clock();
  const { bans, told } = bansOf(clock);
  fail(bans, 2);
  assert.equal(bans.until(SOURCE), undefined);
  const lengths: number[] = [];
  for (let i = 0; i < 14; i++) {
    fail(bans, i === 0 ? 1 : 3);
    const until = bans.until(SOURCE)!;
    lengths.push((until - clock.now) / MINUTE);
    clock.pass(until - clock.now - 1);
    assert.equal(bans.until(SOURCE), until);
    clock.pass(1);
    assert.equal(bans.until(SOURCE), undefined);
  }
  assert.deepEqual(lengths.slice(0, 5), [1, 2, 4, 8, 16]);
  assert.equal(lengths.at(-1), 24 * 60);
  assert.equal(told.length, 14);
  // A day later it is as good as new.
  clock.pass(24 * 60 * MINUTE + 1);
  fail(bans, 3);
  assert.equal(bans.until(SOURCE)! - clock.now, MINUTE);
});

test("who logs in, or is quiet for ten minutes, begins anew", () => {
  const clock = new Clock();
  const { bans } = bansOf(clock);
  fail(bans, 2);
  bans.succeeded(SOURCE);
  fail(bans, 2);
  assert.equal(bans.until(SOURCE), undefined);
  clock.pass(10 * MINUTE + 1);
  fail(bans, 2);
  assert.equal(bans.until(SOURCE), undefined);
  fail(bans, 1);
  assert.notEqual(bans.until(SOURCE), undefined);
});

test("bans are listed, and lifted by an administrator; some addresses are never banned", () => {
  const clock = new Clock();
  const { bans } = bansOf(clock, ["198.51.100.0/24"]);
  fail(bans, 3);
  for (let i = 0; i < 10; i++) bans.failed("198.51.100.9", "198.51.100.9");
  assert.deepEqual(bans.list(), [
    { source: SOURCE, since: clock.now, until: clock.now + MINUTE, failures: 3 },
  ]);
  assert.equal(bans.lift(SOURCE), true);
  assert.equal(bans.lift(SOURCE), false);
  assert.deepEqual(bans.list(), []);
});

test("however many addresses fail, so many are remembered, and bans longest", () => {
  const clock = new Clock();
  const { bans } = bansOf(clock);
  fail(bans, 3);
  const failed = (source: string, times: number) => {
    for (let i = 0; i < times; i++) bans.failed(source, "10.0.0.1");
  };
  failed("10.0.255.1", 2);
  for (let i = 0; i < 10_000; i++) failed(`10.0.${i >> 8}.${i & 255}`, 2);
  assert.notEqual(bans.until(SOURCE), undefined);
  // Of the one heard of longest ago nothing is known any more, of the newest everything.
  failed("10.0.255.1", 1);
  assert.equal(bans.until("10.0.255.1"), undefined);
  failed(`10.0.${9_999 >> 8}.${9_999 & 255}`, 1);
  assert.notEqual(bans.until(`10.0.${9_999 >> 8}.${9_999 & 255}`), undefined);
});
