// SPEC section 3: a file that cannot go on steps aside, its administrator hears why, and what is decided
// of it is done, whatever state its bytes are in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../bridge/relay/outbox.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { names, put, testHomes } from "../home/keeper.ts";
import { fakeWorker, json, text } from "./fake-worker.ts";
import { until } from "../../until.ts";

interface Announced {
  id: string;
  name: string;
  timeCode: string;
  parked: string | null;
}

type Position = (announced: Announced) => object;

/** One accepted file, and a worker that answers its announcements and slices so. */
async function oneFile(
  answers: {
    announced: Position;
    slice?: (response: Parameters<Parameters<typeof fakeWorker>[0]>[0]) => unknown;
  },
) {
  const homes = await testHomes();
  const heard: Announced[] = [];
  const worker = await fakeWorker(async (response, call) => {
    if (call.method === "GET") {
      return text("Line\r\n", 200, { "rosterbridge-protocol": "1" })(response, call);
    }
    if (call.method === "PUT") return await answers.slice?.(response);
    const announced = JSON.parse(call.body.toString()) as Announced;
    heard.push(announced);
    return json(answers.announced(announced))(response, call);
  });
  const outbox = new Outbox({
    vault: homes.keeper.vault,
    worker: workerClient({
      ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
      bridgeId: () => homes.catalog.identity.id,
    }),
    laneOf: () => "roster",
    maxExpandedBytes: 64 * 1024 * 1024,
    slugOf: () => "school",
    concurrency: 1,
    sliceBytes: 1024,
    random: () => 0,
    log: () => {},
  });
  const home = homes.home(1);
  await put(home, "/inbound/roster.csv", "rows");
  await home.leave();
  return {
    ...{ homes, heard, outbox, entry: homes.accepted[0]! },
    async [Symbol.asyncDispose]() {
      await outbox.stop();
      await worker[Symbol.asyncDispose]();
      await homes[Symbol.asyncDispose]();
    },
  };
}

const givenUp: Position = ({ id, name, timeCode }) => ({
  ...{ state: "discarded", offset: 0 },
  results: [{
    ...{ folder: "/inbound", name: `${name}.${timeCode}.completed` },
    href: `/bridge/uploads/${id}/report`,
  }],
});

test("a file whose bytes are gone and that was given up gets its report", async () => {
  let isGivenUp = false;
  await using it = await oneFile({
    announced: (announced) =>
      isGivenUp ? givenUp(announced) : { state: "parked", offset: 0, why: announced.parked },
  });
  const { catalog } = it.homes;
  catalog.smallBlobs.remove(catalog.file(it.entry.fileId)!.blob);
  it.outbox.add(it.entry);
  await until(() => it.outbox.aside("parked") === 1);
  isGivenUp = true;
  assert.ok(it.outbox.goOn(it.entry.uploadId));
  await until(() => it.outbox.length === 0);
  assert.equal(it.outbox.aside("parked"), 0);
  const { name, timeCode } = it.entry;
  assert.deepEqual(await names(it.homes.home(1)), [
    `${name}.${timeCode}.completed`,
    `${name}.${timeCode}.original`,
  ]);
});

const refusal = {
  ...{ status: 413, code: "body_too_large", detail: "The body is too large." },
};

test("the worker hears of a file that it refuses for good: an administrator sees it and can decide", async () => {
  await using it = await oneFile({
    announced: ({ parked }) =>
      parked
        ? { state: "parked", offset: 0, why: parked }
        : { state: "accepted", pass: "apply", offset: 0 },
    slice: (response) =>
      response.writeHead(refusal.status, {
        "content-type": "application/problem+json",
        "rosterbridge-protocol": "1",
      }).end(JSON.stringify(refusal)),
  });
  it.outbox.add(it.entry);
  await until(() => it.outbox.aside("parked") === 1);
  assert.deepEqual(it.heard.map(({ parked }) => parked), [null, refusal.detail]);
});

test("what is decided of a file while it steps aside is not lost", async () => {
  let asked = 0;
  await using it = await oneFile({
    announced(announced) {
      if (++asked > 1) return givenUp(announced);
      // The administrator was quicker than the answer.
      it.outbox.goOn(announced.id as never);
      return { state: "parked", offset: 0, why: "a fault" };
    },
  });
  it.outbox.add(it.entry);
  await until(() => it.outbox.length === 0);
  assert.equal(it.outbox.aside("parked"), 0);
  assert.equal(asked, 2);
});

test("a file at which the worker itself fails again and again steps aside, and the next goes on", async () => {
  const fault = { status: 500, code: "internal", detail: "Something went wrong in the worker." };
  const of = (name: string) => ({ state: name, pass: "apply", offset: 0 });
  await using it = await oneFile({
    announced(announced) {
      if (announced.name !== "roster.csv") return givenUp(announced);
      return of(announced.parked ? "parked" : "accepted");
    },
    slice: (response) =>
      response.writeHead(500, {
        "content-type": "application/problem+json",
        "rosterbridge-protocol": "1",
      }).end(JSON.stringify(fault)),
  });
  await put(it.homes.home(1), "/inbound/next.csv", "rows");
  await it.homes.home(1).leave();
  for (const entry of it.homes.accepted) it.outbox.add(entry);
  await until(() => {
    it.outbox.wake();
    return it.outbox.length === 0;
  });
  assert.equal(it.outbox.aside("parked"), 1);
  const [parked] = it.homes.catalog.outbox();
  assert.deepEqual([parked!.name, parked!.state], ["roster.csv", "parked"]);
  assert.match(it.heard.find((announced) => announced.parked)!.parked!, /500 Something went wrong/);
});
