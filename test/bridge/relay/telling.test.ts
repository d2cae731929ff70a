// DESIGN, the wire: what happened is told until the worker has it, each event once.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import Database from "libsql";
import { Telling } from "../../../bridge/relay/telling.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { PROTOCOL_HEADER, type ToldEvent as Told } from "../../../shared/protocol.ts";
import { sender, testHomes } from "../home/keeper.ts";
import { fakeWorker, json } from "./fake-worker.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";

test("what happens during a call is told by the next, however far the worker says it is", async () => {
  await using homes = await testHomes();
  const { catalog } = homes;
  const told: number[] = [];
  await using worker = await fakeWorker((response, call) => {
    const { events } = JSON.parse(call.body.toString()) as { events: { number: number }[] };
    if (told.length === 0) catalog.ledger.recordLogin(idOfSchool(2), sender);
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
  catalog.ledger.recordLogin(idOfSchool(1), sender);
  telling.start();
  try {
    await until(() => told.length > 0 && catalog.ledger.events(1).length === 0);
  } finally {
    await telling.stop();
  }
  assert.deepEqual(told, [1, 2]);
});

test("an event that the worker refuses for good is set aside and said; all others are told, and the chain can be followed", async () => {
  await using homes = await testHomes();
  const { catalog } = homes;
  const taken: Told[] = [];
  const problem = { "content-type": "application/problem+json", [PROTOCOL_HEADER]: "1" };
  await using worker = await fakeWorker((response, call) => {
    const { events } = JSON.parse(call.body.toString()) as { events: Told[] };
    if (events.some(({ number }) => number === 7)) {
      response.writeHead(400, problem);
      response.end(JSON.stringify({ code: "event_invalid", detail: "Event 7 cannot be read." }));
      return;
    }
    taken.push(...events);
    return json({ through: taken.at(-1)!.number })(response, call);
  });
  const telling = new Telling({
    ...{ catalog, syncMs: 5, random: () => 0, log: homes.keeper.log },
    worker: workerClient({
      ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
      bridgeId: () => catalog.identity.id,
    }),
  });
  for (let count = 0; count < 20; count++) catalog.ledger.recordLogin(idOfSchool(1), sender);
  telling.start();
  try {
    await until(() => catalog.ledger.events(1).length === 0);
  } finally {
    await telling.stop();
  }
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
  assert.deepEqual(taken.map(({ number }) => number), numbers.filter((number) => number !== 7));
  assert.equal(catalog.ledger.aside, 1);
  assert.match(telling.refused.reason!, /event 7.*cannot be read/);
  const logged = homes.logged.filter(({ event }) => event === "event.set_aside");
  assert.deepEqual(logged.map(({ fields }) => fields["number"]), [7]);

  const kept = new Database(join(homes.folder, "catalog.db"), { readonly: true });
  const aside = kept.prepare("SELECT number, previous, event AS text FROM events_aside").all([]);
  kept.close();
  let previous = "";
  for (const event of [...taken, ...aside as Told[]].sort((a, b) => a.number - b.number)) {
    assert.equal(event.previous, previous, `event ${event.number}`);
    previous = createHash("sha256").update(`${event.number}\n${previous}\n${event.text}`)
      .digest("hex");
  }
});
