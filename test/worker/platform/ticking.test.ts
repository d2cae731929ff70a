import assert from "node:assert/strict";
import { test } from "node:test";
import { startTicking } from "../../../worker/platform/ticking.ts";

/** The names of what a platform's own cron is given. */
function started(timeline: string | undefined): string[] {
  const names: string[] = [];
  startTicking(() => undefined, timeline, (name) => {
    names.push(name);
    return Promise.resolve();
  }).stop();
  return names;
}

test("the platform's cron ticks on the production timeline and where there are none", () => {
  for (const timeline of ["production", undefined]) {
    assert.deepEqual(started(timeline), ["exports"], String(timeline));
  }
});

test("a preview of a branch makes no exports", () => {
  assert.deepEqual(started("git-branch/try-it"), []);
});
