// SPEC section 7: each file carries who sent it, and so does each login; a loop of logins makes few lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_SCHOOL, type SchoolId } from "../../../shared/protocol.ts";
import { Arrivals } from "../../../bridge/schools/arrivals.ts";
import { Clock } from "../by-hand.ts";
import { idOfSchool } from "../school-id.ts";

function arrivalsOf(clock: Clock, told: unknown[]): Arrivals {
  return new Arrivals({
    ledger: {
      recordLogin: (schoolId, { address }, count) => void told.push([schoolId, address, count]),
      recordRefusal: (schoolId, { reason, address, count }) =>
        void told.push([schoolId, reason, address, count]),
    },
    ...{ now: () => clock.now, after: clock.after, log: (event) => void told.push(event) },
  });
}

const sender = { fingerprint: "SHA256:a", address: "192.0.2.7", client: "loop" };
const stranger = { address: "192.0.2.9", client: "x", reason: "key_unknown" as const };

test("a login is told at once, and a loop of them once a minute with how many there were", () => {
  const clock = new Clock();
  const told: unknown[] = [];
  const arrivals = arrivalsOf(clock, told);
  for (let i = 0; i < 1000; i++) arrivals.login(idOfSchool(1), sender);
  assert.deepEqual(told, [[1, "192.0.2.7", 1]]);
  clock.pass(60_000);
  assert.deepEqual(told, [[1, "192.0.2.7", 1], [1, "192.0.2.7", 999]]);
  arrivals.login(idOfSchool(1), sender);
  arrivals.login(idOfSchool(1), { ...sender, address: "192.0.2.8" });
  arrivals.login(idOfSchool(1), sender);
  arrivals.stop();
  assert.deepEqual(told.slice(2), [
    [1, "192.0.2.7", 1],
    [1, "192.0.2.8", 1],
    [1, "192.0.2.7", 1],
  ]);
  clock.pass(600_000);
  assert.equal(told.length, 5);
});

test("an attack from many addresses adds no more than so many lines a minute, and none is uncounted", () => {
  const clock = new Clock();
  const told: [number, string, string, number][] = [];
  const arrivals = arrivalsOf(clock, told);
  for (let i = 0; i < 5000; i++) {
    arrivals.refused({ ...stranger, address: `10.0.${i >> 8}.${i & 255}` });
  }
  arrivals.refused({ ...stranger, reason: "key_expired", slug: "oak" }, 3 as SchoolId);
  clock.pass(60_000);
  assert.ok(told.length <= 25, `${told.length} lines`);
  assert.equal(told.reduce((sum, [, , , count]) => sum + count, 0), 5001);
  assert.ok(told.every(([schoolId]) => schoolId === NO_SCHOOL));
  arrivals.refused({ ...stranger, reason: "key_expired", slug: "oak" }, 3 as SchoolId);
  assert.deepEqual(told.at(-1), [3, "key_expired", "192.0.2.9", 1]);
});

test("a ledger that can take nothing keeps nobody out", () => {
  const clock = new Clock();
  const logs: string[] = [];
  const fail = () => {
    throw new Error("disk full");
  };
  const arrivals = new Arrivals({
    ledger: { recordLogin: fail, recordRefusal: fail },
    ...{ now: () => clock.now, after: clock.after, log: (event) => void logs.push(event) },
  });
  arrivals.login(idOfSchool(1), sender);
  arrivals.refused(stranger);
  assert.deepEqual(logs, ["login.not_recorded", "login.not_recorded"]);
});
