// SPEC section 1: while the bridge cannot reach the worker it goes on, and says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Listening } from "../../../bridge/relay/listening.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import type { After } from "../../../bridge/timers.ts";
import { SchoolDirectory } from "../../../bridge/schools/directory.ts";
import { testHomes } from "../home/keeper.ts";
import { fakeWorker, json, text } from "./fake-worker.ts";
import { until } from "../../until.ts";
import { Clock } from "../by-hand.ts";

/** A bridge that listens to a worker that answers so; what was said of it, and the time. */
async function listeningTo(...answers: Parameters<typeof fakeWorker>) {
  const homes = await testHomes();
  const worker = await fakeWorker(...answers);
  const clock = new Clock();
  const waits: number[] = [];
  const after: After = (milliseconds, work) => {
    waits.push(milliseconds);
    return clock.after(milliseconds, work);
  };
  const said: string[] = [];
  const listening = new Listening({
    worker: workerClient({
      ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
      bridgeId: () => homes.catalog.identity.id,
    }),
    directory: new SchoolDirectory(homes.catalog),
    commands: { known: () => [], room: () => 1, add() {} },
    door: { address: "127.0.0.1:22", hostKeys: [] },
    ...{
      listenMs: 20_000,
      syncMs: 10,
      now: Date.now,
      after,
      random: () => 1,
      log() {},
    },
    directoryChanged() {},
    isSecond() {},
    workerAway: (reason) => void said.push(reason),
    workerReturned: () => void said.push("back"),
  });
  listening.start();
  return {
    ...{ worker, clock, waits, said },
    async [Symbol.asyncDispose]() {
      await listening.stop();
      await worker[Symbol.asyncDispose]();
      await homes[Symbol.asyncDispose]();
    },
  };
}

test("a worker that stands still is said to be away before its call ends, and back when it answers", async () => {
  let answer: (() => void) | undefined;
  await using bridge = await listeningTo(async (response, call) => {
    await new Promise<void>((resolve) => answer = resolve);
    return json({ commands: [] })(response, call);
  });
  const { worker, clock, said } = bridge;
  await until(() => answer !== undefined);
  clock.pass(24_999);
  assert.deepEqual(said, []);
  clock.pass(1);
  assert.deepEqual(said, ["nothing was heard of it for 25000 ms"]);
  answer!();
  await until(() => said.length === 2);
  assert.equal(said[1], "back");
  assert.equal(worker.calls.length, 1, "it is the call under way that was answered");
});

test("however often the worker was asked in vain, it is asked again within a second and a half", async () => {
  await using bridge = await listeningTo(text("", 503));
  const { clock, waits, said } = bridge;
  // Waits that kept growing would be of a minute by then.
  for (let calls = 1; calls <= 12; calls++) {
    // One for the answer, then one until the next call.
    await until(() => waits.length === 2 * calls);
    assert.ok(waits.at(-1)! <= 1_500, `${waits.at(-1)} ms after ${calls} calls`);
    clock.pass(1_500);
  }
  assert.equal(said.length, 1);
});
