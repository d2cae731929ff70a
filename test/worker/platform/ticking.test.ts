import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { startTicking } from "../../../worker/platform/ticking.ts";

const world = globalThis as { Deno?: unknown };
const before = world.Deno;
afterEach(() => {
  if (before === undefined) delete world.Deno;
  else world.Deno = before;
});

/** A platform with a cron of its own; the names of those it was given. */
function platformCron(): string[] {
  const names: string[] = [];
  world.Deno = { cron: (name: string) => Promise.resolve(names.push(name)) };
  return names;
}

test("the platform's cron ticks on the production timeline and where there are none", () => {
  for (const timeline of ["production", undefined]) {
    const names = platformCron();
    startTicking(() => undefined, timeline).stop();
    assert.deepEqual(names, ["exports"], String(timeline));
  }
});

test("a preview of a branch makes no exports", () => {
  const names = platformCron();
  startTicking(() => undefined, "git-branch/try-it").stop();
  assert.deepEqual(names, []);
});
