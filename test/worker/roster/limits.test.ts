// SPEC section 9: the limits that hold a file, and the days of a pause.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { crossedLimits, type Findings, isWorse } from "../../../worker/roster/limits.ts";
import { dayIn, pauseOn } from "../../../worker/roster/pauses.ts";
import { SchoolSettings, storedSettings } from "../../../worker/roster/settings.ts";
import { termsOf } from "../../../worker/roster/terms.ts";

const quiet: Findings = {
  added: 0,
  changed: 0,
  left: 0,
  returned: 0,
  rows: 100,
  rejected: 0,
  active: 100,
  rowsBefore: 100,
  headerOutOfOrder: false,
};
const limitsOf = (found: Partial<Findings>, limits: object) =>
  crossedLimits({ ...quiet, ...found }, limits).map(({ limit }) => limit);

test("a limit is crossed by more than its percent, not by as much", () => {
  assert.deepEqual(limitsOf({ changed: 50 }, { changedPercent: 50 }), []);
  assert.deepEqual(limitsOf({ changed: 51 }, { changedPercent: 50 }), ["changedPercent"]);
  assert.deepEqual(limitsOf({ left: 10 }, { removedPercent: 10 }), []);
  assert.deepEqual(limitsOf({ left: 11 }, { removedPercent: 10 }), ["removedPercent"]);
  assert.deepEqual(limitsOf({ rejected: 6 }, { rejectedPercent: 5 }), ["rejectedPercent"]);
  assert.deepEqual(limitsOf({ rows: 79 }, { fewerRowsPercent: 20 }), ["fewerRowsPercent"]);
  assert.deepEqual(limitsOf({ rows: 80 }, { fewerRowsPercent: 20 }), []);
  // A third is not more than 33.3333 %, whatever a float makes of it.
  assert.deepEqual(limitsOf({ changed: 1, active: 3 }, { changedPercent: 100 / 3 }), []);
});

test("changed and removed are measured by the active students, rejected by the file's rows", () => {
  assert.deepEqual(limitsOf({ changed: 2, active: 3, rows: 1000 }, { changedPercent: 50 }), [
    "changedPercent",
  ]);
  assert.deepEqual(limitsOf({ rejected: 2, active: 3, rows: 1000 }, { rejectedPercent: 50 }), []);
});

test("each limit is optional, 0 holds at the first, and a school without students crosses none", () => {
  const much = { changed: 100, left: 100, rejected: 100, rows: 100, rowsBefore: 1000 };
  assert.deepEqual(limitsOf(much, {}), []);
  assert.deepEqual(limitsOf({ left: 1 }, { removedPercent: 0 }), ["removedPercent"]);
  const first = { active: 0, rowsBefore: null, rows: 5 };
  assert.deepEqual(
    limitsOf(first, { changedPercent: 0, removedPercent: 0, fewerRowsPercent: 0 }),
    [],
  );
  assert.deepEqual(limitsOf({ headerOutOfOrder: true }, { headerOutOfOrder: true }), [
    "headerOutOfOrder",
  ]);
  assert.deepEqual(limitsOf({ headerOutOfOrder: true }, {}), []);
});

test("a limit that was crossed is said with its numbers", () => {
  const [crossed] = crossedLimits({ ...quiet, left: 620, active: 1000 }, { removedPercent: 10 });
  assert.deepEqual(crossed, {
    limit: "removedPercent",
    allowed: 10,
    found: 62,
    sentence: "it would make 620 of 1,000 active students inactive (62 %; the limit is 10 %)",
  });
  const [barely] = crossedLimits({ ...quiet, changed: 10_001, active: 100_000 }, {
    changedPercent: 10,
  });
  assert.equal(barely!.found, 10.001);
});

test("it is 100 percent only when it is all, and one is said as one", () => {
  const [nearly] = crossedLimits({ ...quiet, changed: 50_002, active: 50_003 }, {
    changedPercent: 75,
  });
  assert.equal(nearly!.found, 99.9);
  const nearer = { ...quiet, changed: 499_999, active: 500_000 };
  assert.equal(crossedLimits(nearer, { changedPercent: 99.95 })[0]!.found, 99.999);
  const sentences = (found: Partial<Findings>) =>
    crossedLimits({ ...quiet, ...found }, {
      ...{ changedPercent: 5, removedPercent: 5, rejectedPercent: 5, fewerRowsPercent: 5 },
    }).map(({ sentence }) => sentence.replace(/ \(.*/, ""));
  assert.deepEqual(sentences({ rejected: 1, rows: 3, rowsBefore: 3 }), [
    "1 of its 3 rows is rejected",
  ]);
  assert.deepEqual(sentences({ changed: 1, active: 1, rejected: 1, rows: 1, rowsBefore: 2 }), [
    "it would change 1 of 1 active student",
    "1 of its 1 row is rejected",
    "it has 1 row, and the last file that was applied had 2",
  ]);
});

test("it is worse when it adds, changes or removes more than was shown", () => {
  const shown = { ...quiet, added: 5, changed: 5, left: 5 };
  assert.equal(isWorse(shown, shown, false), false);
  assert.equal(isWorse({ ...shown, added: 6 }, shown, false), true);
  assert.equal(isWorse({ ...shown, changed: 6 }, shown, false), true);
  assert.equal(isWorse({ ...shown, returned: 1 }, shown, false), true);
  assert.equal(isWorse({ ...shown, left: 6 }, shown, false), true);
  assert.equal(isWorse({ ...shown, left: 6 }, shown, true), false);
  assert.equal(isWorse({ ...shown, added: 0, changed: 0, left: 0 }, shown, false), false);
});

test("a pause's days begin and end at midnight on the school's clocks", () => {
  const pause = { from: "2027-06-15", to: "2027-08-20", kind: "hold" as const };
  const rules = { pauses: [pause], timezone: "America/New_York" };
  const on = (instant: string) => pauseOn(rules, Date.parse(instant)) !== undefined;
  assert.equal(on("2027-06-15T03:59:59.999Z"), false);
  assert.equal(on("2027-06-15T04:00:00.000Z"), true);
  assert.equal(on("2027-08-21T03:59:59.999Z"), true);
  assert.equal(on("2027-08-21T04:00:00.000Z"), false);
  assert.equal(dayIn("Pacific/Kiritimati", Date.parse("2026-12-31T10:00:00Z")), "2027-01-01");
});

test("of two pauses that are on, hold counts", () => {
  const days = { from: "2027-06-15", to: "2027-08-20" };
  const pauses = [{ ...days, kind: "additions" as const }, { ...days, kind: "hold" as const }];
  const now = Date.parse("2027-07-01T12:00:00Z");
  assert.equal(pauseOn({ pauses, timezone: "UTC" }, now)?.kind, "hold");
  assert.equal(pauseOn({ pauses: pauses.slice(0, 1), timezone: "UTC" }, now)?.kind, "additions");
});

test("a school without limits, pauses and snapshot has its files applied at once", () => {
  const now = Date.parse("2027-07-01T12:00:00Z");
  const terms = (name: string, settings: object) =>
    termsOf(name, storedSettings(JSON.stringify(settings)), now);
  assert.equal(terms("roster.csv", {}), undefined);
  assert.equal(terms("check.csv", { holdWhen: {} }), undefined);
  assert.equal(terms("roster.csv", { holdWhen: { headerOutOfOrder: false } }), undefined);
  assert.equal(terms("Roster.CHECK.csv", {})?.checkOnly, true);
  assert.equal(terms("roster.csv", { dryRun: true })?.checkOnly, true);
  assert.equal(terms("roster.csv", { mode: "snapshot" })?.isSnapshot, true);
  assert.deepEqual(terms("roster.csv", { holdWhen: { changedPercent: 0 } }), {
    checkOnly: false,
    additionsUntil: null,
    isSnapshot: false,
  });
  const pauses = [{ from: "2027-06-15", to: "2027-08-20", kind: "additions" }];
  assert.equal(terms("roster.csv", { pauses })?.additionsUntil, "2027-08-20");
});

test("what a limit or a pause takes is said where it is given something else", () => {
  const sentence = (settings: object) => {
    const { issues } = v.safeParse(SchoolSettings, settings);
    return issues?.[0].message ?? "";
  };
  assert.match(sentence({ holdWhen: { changedPercent: 101 } }), /percent from 0 to 100/);
  assert.match(sentence({ holdWhen: { changedPercent: "10%" } }), /percent from 0 to 100/);
  assert.match(sentence({ holdWhen: 10 }), /"changedPercent":75/);
  assert.match(sentence({ mode: "full" }), /update .* or a snapshot/);
  assert.match(sentence({ timezone: "EST" }), /full name, such as America\/New_York/);
  const pause = { from: "2027-06-15", to: "2027-08-20", kind: "hold" };
  assert.match(sentence({ pauses: [{ ...pause, from: "2027-02-30" }] }), /one of the calendar/);
  assert.match(
    sentence({ pauses: [{ ...pause, from: "2027-09-01" }] }),
    /not end before it begins/,
  );
  assert.match(sentence({ pauses: [{ ...pause, kind: "off" }] }), /hold .* or additions/);
  assert.equal(sentence({ pauses: [pause], holdWhen: { removedPercent: 10 } }), "");
});
