// SPEC section 1: while the bridge cannot reach the worker it goes on, and says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Listening } from "../../../bridge/relay/listening.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { SchoolDirectory } from "../../../bridge/schools/directory.ts";
import { testHomes, until } from "../home/keeper.ts";
import { fakeWorker, json } from "./fake-worker.ts";

test("a worker that stands still is said to be away before its call ends, and back when it answers", async () => {
  await using homes = await testHomes();
  const answers: (() => void)[] = [];
  await using worker = await fakeWorker(async (response, call) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return json({ commands: [] })(response, call);
  });
  const said: string[] = [];
  const listening = new Listening({
    worker: workerClient({
      ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
      bridgeId: () => homes.catalog.identity.id,
    }),
    directory: new SchoolDirectory(homes.catalog),
    commands: { known: () => [], room: () => 1, add() {} },
    door: { address: "127.0.0.1:22", hostKeys: [] },
    ...{ listenMs: 20, patienceMs: 20, syncMs: 10, now: Date.now, random: () => 0, log() {} },
    directoryChanged() {},
    isSecond() {},
    workerAway: (reason) => void said.push(reason),
    workerReturned: () => void said.push("back"),
  });
  listening.start();
  await until(() => said.length > 0);
  assert.deepEqual(said, ["nothing was heard of it for 40 ms"]);
  assert.equal(worker.calls.length, 1, "the call is still under way");
  answers.shift()!();
  await until(() => said.length > 1);
  assert.equal(said[1], "back");
  let stopped = false;
  void listening.stop().then(() => stopped = true);
  await until(() => {
    for (const answer of answers.splice(0)) answer();
    return stopped;
  });
});
