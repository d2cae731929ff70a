import assert from "node:assert/strict";
import { type DueSchool, dueSchools, putOff } from "../../../worker/database/control/schedules.ts";
import { tick } from "../../../worker/export/tick.ts";
import { addSchool, at, exportsOf, midnight, schedule, world } from "./school-world.ts";
import { sentences } from "./sentences.ts";

const DAY = 86_400_000;

sentences("a clock that ran a year ahead and was put right", {
  "keeps no school's next run waiting": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await schedule(here, id, midnight + DAY);
    here.clock.now = midnight + 365 * DAY;
    assert.equal((await tick(here.context)).made, 1);
    here.clock.now = midnight + 2 * DAY - 1;
    assert.equal((await tick(here.context)).made, 0);
    here.clock.now = midnight + 2 * DAY;
    assert.equal((await tick(here.context)).made, 1);
    const made = await exportsOf(database, id);
    assert.deepEqual(made.map(({ dueAt }) => dueAt).sort(), [
      at(midnight + DAY),
      at(midnight + 2 * DAY),
    ]);
  },

  "leaves a run due that it put off": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await schedule(here, id, midnight);
    const due = await dueSchools(database, at(midnight), 1000);
    const its = due.find(({ schoolId }) => schoolId === id) as DueSchool;
    here.clock.now = midnight + 365 * DAY;
    await putOff(database, its, at(here.clock.now + 60_000), at(here.clock.now));
    here.clock.now = midnight + 1;
    assert.equal((await tick(here.context)).made, 1);
    assert.deepEqual((await exportsOf(database, id)).map(({ dueAt }) => dueAt), [at(midnight)]);
  },
});
