// DESIGN, the wire: what happened is told until the worker has it, each event once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Telling } from "../../../bridge/relay/telling.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { sender, testHomes, until } from "../home/keeper.ts";
import { fakeWorker, json } from "./fake-worker.ts";

test("what happens during a call is told by the next, however far the worker says it is", async () => {
  await using homes = await testHomes();
  const { catalog } = homes;
  const told: number[] = [];
  await using worker = await fakeWorker((response, call) => {
    const { events } = JSON.parse(call.body.toString()) as { events: { number: number }[] };
    if (told.length === 0) catalog.ledger.recordLogin(2, sender);
    told.push(...events.map(({ number }) => number));
    return json({ through: 1_000 })(response, call);
  });
  const telling = new Telling({
    ...{ catalog, syncMs: 5, random: () => 0, log: () => {} },
    worker: workerClient({
      ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
      bridgeId: () => catalog.identity.id,
    }),
  });
  catalog.ledger.recordLogin(1, sender);
  telling.start();
  try {
    await until(() => told.length > 0 && catalog.ledger.events(1).length === 0);
  } finally {
    await telling.stop();
  }
  assert.deepEqual(told, [1, 2]);
});
