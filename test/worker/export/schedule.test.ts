import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextRun, readSchedule } from "../../../worker/export/schedule.ts";
import type { Schedule, ScheduleProblem } from "../../../worker/export/schedule.ts";

const now = Date.parse("2026-11-22T04:00:00.250Z");

function schedule(when: string, timezone = "UTC"): Schedule {
  const reading = readSchedule(when, timezone, now);
  assert.ok("schedule" in reading, JSON.stringify(reading));
  return reading.schedule;
}

function problem(when: string, timezone = "UTC"): ScheduleProblem {
  const reading = readSchedule(when, timezone, now);
  assert.ok("problem" in reading, JSON.stringify(reading));
  return reading.problem;
}

test("a schedule in words is shown back as a cron expression and as words", () => {
  assert.deepEqual(schedule("every weekday at 6:30 pm", "America/New_York"), {
    cron: "30 18 * * 1-5",
    timezone: "America/New_York",
    description: "At 06:30 PM, Monday through Friday",
    nextRuns: [
      { utc: "2026-11-23T23:30:00.000Z", local: "2026-11-23T18:30:00-05:00" },
      { utc: "2026-11-24T23:30:00.000Z", local: "2026-11-24T18:30:00-05:00" },
      { utc: "2026-11-25T23:30:00.000Z", local: "2026-11-25T18:30:00-05:00" },
      { utc: "2026-11-26T23:30:00.000Z", local: "2026-11-26T18:30:00-05:00" },
      { utc: "2026-11-27T23:30:00.000Z", local: "2026-11-27T18:30:00-05:00" },
    ],
  });
});

const expressions: [when: string, cron: string, description: RegExp, first: string][] = [
  ["*/5 * * * *", "*/5 * * * *", /Every 5 minutes/, "2026-11-22T04:05:00.000Z"],
  ["30 0 0 * * *", "30 0 0 * * *", /At 12:00:30 AM/, "2026-11-23T00:00:30.000Z"],
  ["0 12 L * *", "0 12 L * *", /last day of the month/, "2026-11-30T12:00:00.000Z"],
  ["0 12 * * MON#2", "0 12 * * MON#2", /second Monday/, "2026-12-14T12:00:00.000Z"],
  ["0 12 * * FRI#L", "0 12 * * FRI#L", /last Friday/, "2026-11-27T12:00:00.000Z"],
  ["0 0 * JAN-MAR sun", "0 0 * JAN-MAR sun", /January through March/, "2027-01-03T00:00:00.000Z"],
  ["0  0 * * 7 ", "0 0 * * 7", /Sunday/, "2026-11-29T00:00:00.000Z"],
  ["@daily", "0 0 * * *", /At 12:00 AM, every day/, "2026-11-23T00:00:00.000Z"],
  ["*/45 * * * *", "*/45 * * * *", /0 and 45 minutes past/, "2026-11-22T04:45:00.000Z"],
];

for (const [when, cron, description, first] of expressions) {
  test(`a schedule is a cron expression with a time zone: ${when}`, () => {
    const read = schedule(when);
    assert.equal(read.cron, cron);
    assert.match(read.description, description);
    assert.equal(read.nextRuns[0]!.utc, first);
  });
}

const refused: [when: string, code: ScheduleProblem["code"], message: RegExp][] = [
  ["0,30 * * * * *", "schedule_too_often", /30 seconds apart; at most once a minute/],
  ["* * * * * *", "schedule_too_often", /1 seconds? apart/],
  ["0,59 0 12 1 1 *", "schedule_too_often", /59 seconds apart/],
  ["0 0 30 2 *", "schedule_never", /never runs/],
  ["0 0 31 4,6,9,11 *", "schedule_never", /never runs/],
  ["* * * *", "schedule_cron", /has 4 fields/],
  ["0 0 0 1 1 * 2030", "schedule_cron", /has 7 fields/],
  ["60 * * * *", "schedule_cron", /minute: 60/],
  ["0 0 1 * +MON", "schedule_cron", /cannot be shown back/],
  ["@reboot", "schedule_cron", /@hourly, @daily/],
  ["2030-01-01T00:00:00", "schedule_words", /cannot read/],
  ["every monday", "schedule_words", /understood "every monday"; .* not at what time/],
];

for (const [when, code, message] of refused) {
  test(`what cannot be read is refused, with three examples: ${when}`, () => {
    const found = problem(when);
    assert.equal(found.code, code);
    assert.match(found.message, message);
    assert.equal(found.examples.length, 3);
    for (const example of found.examples) schedule(example);
  });
}

for (const timezone of ["", "EST", "PST8PDT", "Mars/Base", "+02:00", "New York", "x".repeat(500)]) {
  test(`an unknown time zone is refused with examples: ${timezone.slice(0, 20)}`, () => {
    const found = problem("hourly", timezone);
    assert.equal(found.code, "timezone");
    assert.match(found.message, /America\/New_York, Europe\/Berlin, UTC/);
    assert.ok(found.message.length < 250);
  });
}

test("a time zone's letter case is put right", () => {
  assert.equal(schedule("hourly", "america/new_york").timezone, "America/New_York");
  assert.equal(schedule("hourly", "utc").timezone, "UTC");
});

/** The days in 2026 on which a zone has 23 and 25 hours. */
const zones = [
  { zone: "America/New_York", missing: "2026-03-08", doubled: "2026-11-01" },
  { zone: "Europe/Berlin", missing: "2026-03-29", doubled: "2026-10-25" },
  { zone: "Australia/Sydney", missing: "2026-10-04", doubled: "2026-04-05" },
];

/** The runs on the days of a zone's own year 2026, or on the days from one to another of it. */
function walk(
  cron: string,
  zone: string,
  from = "2026-01-01",
  to = "2026-12-31",
): { day: string; local: string; at: number }[] {
  const local = new Intl.DateTimeFormat("sv", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "short",
  });
  const runs = [];
  let at: number | undefined = Date.parse(`${from}T00:00:00Z`) - 86_400_000;
  while ((at = nextRun(cron, zone, at)) !== undefined) {
    const [day, time] = local.format(at).split(" ");
    if (day! > to) break;
    if (day! >= from) runs.push({ day: day!, local: time!, at });
  }
  return runs;
}

function times(runs: ReturnType<typeof walk>, day: string): string[] {
  return runs.filter((run) => run.day === day).map((run) => run.local);
}

for (const { zone, missing, doubled } of zones) {
  test(`a daily schedule runs exactly once on each day of the year: ${zone}`, () => {
    for (const time of ["0 0", "30 1", "0 2", "30 2", "59 2", "0 3", "30 23"]) {
      const days = walk(`${time} * * *`, zone).map((run) => run.day);
      assert.equal(days.length, 365, time);
      assert.equal(new Set(days).size, 365, time);
    }
  });

  test(`02:30 in the missing hour runs when the clock has jumped forward: ${zone}`, () => {
    // All three clocks go from 02:00 to 03:00.
    assert.deepEqual(times(walk("30 2 * * *", zone), missing), ["03:00"]);
  });

  test(`02:30 in the doubled hour runs at the first of the two: ${zone}`, () => {
    const hourThatComesTwice = zone === "America/New_York" ? 1 : 2;
    const daily = walk(`30 ${hourThatComesTwice} * * *`, zone).filter((run) => run.day === doubled);
    const twice = walk("*/30 * * * *", zone, doubled, doubled).filter((run) =>
      run.local === `0${hourThatComesTwice}:30`
    );
    assert.equal(twice.length, 2);
    assert.deepEqual(daily.map((run) => run.at), [twice[0]!.at]);
  });

  test(`two times of the day run twice on each day of the year: ${zone}`, () => {
    const runs = walk("30 2,14 * * *", zone);
    assert.equal(runs.length, 730);
    assert.deepEqual(times(runs, missing), ["03:00", "14:30"]);
    assert.deepEqual(times(runs, doubled), ["02:30", "14:30"]);
  });

  test(`an interval goes on in real time through both changes: ${zone}`, () => {
    const runs = walk("*/15 * * * *", zone, missing, missing);
    assert.equal(runs.length, 92);
    assert.equal(walk("*/15 * * * *", zone, doubled, doubled).length, 100);
    const distances = new Set(runs.slice(1).map((run, index) => run.at - runs[index]!.at));
    assert.deepEqual([...distances], [900_000]);
  });
}

test("the next run is always after the instant that is asked about", () => {
  const crons = ["* * * * *", "30 2 * * *", "30 0 0 * * *", "0 12 L * *", "*/7 1-3 * * *"];
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
      fc.constantFrom(...crons),
      fc.constantFrom(...zones.map(({ zone }) => zone)),
      (after, cron, zone) => {
        const run = nextRun(cron, zone, after)!;
        assert.ok(run > after);
        assert.equal(nextRun(cron, zone, run - 1), run);
      },
    ),
    { numRuns: 500 },
  );
});
