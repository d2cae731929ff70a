// SPEC section 3 and DESIGN: a school's files one after the other, schools taking turns.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../bridge/relay/outbox.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { put, testHomes } from "../home/keeper.ts";
import { type FakeWorker, fakeWorker } from "./fake-worker.ts";
import { until } from "../../until.ts";

interface Uploaded {
  name: string;
  timeCode?: string;
  schoolId: number;
}

interface Turn {
  homes: Awaited<ReturnType<typeof testHomes>>;
  outbox: Outbox;
  logs: { event: string; fields: Record<string, unknown> }[];
  /** Accepts a file of a school. */
  accept(schoolId: number, name: string, text?: string): Promise<void>;
}

/** Real homes, a real outbox, and a worker as `answers` say. */
async function outboxTo(
  worker: FakeWorker,
  concurrency: number,
  work: (turn: Turn) => Promise<void>,
): Promise<void> {
  await using homes = await testHomes();
  const logs: Turn["logs"] = [];
  const outbox = new Outbox({
    vault: homes.keeper.vault,
    worker: workerClient({
      ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
      bridgeId: () => homes.catalog.identity.id,
    }),
    laneOf: () => "roster",
    maxExpandedBytes: 64 * 1024 * 1024,
    slugOf: (schoolId) => `school-${schoolId}`,
    concurrency,
    sliceBytes: 4,
    random: () => 0,
    log: (event, fields = {}) => logs.push({ event, fields }),
  });
  try {
    await work({
      homes,
      outbox,
      logs,
      async accept(schoolId, name, text = "rows") {
        const home = homes.home(schoolId);
        await put(home, `/inbound/${name}`, text);
        await home.leave();
      },
    });
  } finally {
    await outbox.stop();
  }
}

/** A worker that takes everything; `on` may answer a call instead. */
function goodWorker(
  completed: Uploaded[],
  on: (call: { method: string; path: string; body: Buffer }) => object | undefined = () =>
    undefined,
) {
  const announced = new Map<string, Uploaded & { size: number }>();
  return fakeWorker(async (response, { method, path, body }) => {
    const [, , , id, , offset] = path.replace(/\?.*/, "").split("/");
    const json = (status: number, answer: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(
        JSON.stringify(answer),
      );
    const own = on({ method, path, body });
    if (own) return json("status" in own ? Number(own.status) : 200, own);
    if (method === "POST") {
      const upload = JSON.parse(body.toString());
      announced.set(upload.id, upload);
      return json(200, { state: "accepted", pass: "apply", offset: 0 });
    }
    const upload = announced.get(id!)!;
    if (method === "PUT") {
      const next = Number(offset) + body.length;
      const state = next >= upload.size ? "completed" : "processing";
      const stage = { folder: "/inbound", name: `${upload.name}.${upload.timeCode}.completed` };
      const href = `/bridge/uploads/${id}/report`;
      const results = state === "completed" ? { results: [{ ...stage, href }] } : {};
      return json(200, { state, pass: "apply", offset: next, ...results });
    }
    completed.push({ name: upload.name, schoolId: upload.schoolId });
    response.writeHead(200, { "content-type": "text/csv", "rosterbridge-protocol": "1" })
      .end("Line\r\n");
  });
}

const order = (completed: Uploaded[]) =>
  completed.map(({ schoolId, name }) => `${schoolId}${name}`);

test("schools take turns: one with many files does not delay another's single file", async () => {
  const completed: Uploaded[] = [];
  await using worker = await goodWorker(completed);
  await outboxTo(worker, 1, async ({ homes, outbox, accept }) => {
    for (const name of ["a", "b", "c", "d"]) await accept(1, `${name}.csv`);
    await accept(2, "x.csv");
    await accept(3, "y.csv");
    await accept(3, "z.csv");
    for (const entry of homes.accepted) outbox.add(entry);
    assert.equal(outbox.length, 7);
    await until(() => outbox.length === 0);
  });
  assert.deepEqual(order(completed), [
    ...["1a.csv", "2x.csv", "3y.csv"],
    ...["1b.csv", "3z.csv", "1c.csv", "1d.csv"],
  ]);
});

test("a school's files go one after the other in the order they were accepted, whatever the concurrency", async () => {
  const completed: Uploaded[] = [];
  await using worker = await goodWorker(completed);
  await outboxTo(worker, 8, async ({ homes, outbox, accept }) => {
    for (const name of ["c", "a", "b", "a", "c"]) await accept(1, `${name}.csv`);
    for (const entry of homes.accepted) outbox.add(entry);
    await until(() => outbox.length === 0);
  });
  assert.deepEqual(order(completed), ["1c.csv", "1a.csv", "1b.csv", "1a.csv", "1c.csv"]);
});

test("a school that is forgotten while one of its files is refused: nothing of it is counted as parked", async () => {
  let refuse = () => {};
  await using worker = await fakeWorker((response) => {
    refuse = () => {
      response.writeHead(410, {
        "content-type": "application/problem+json",
        "rosterbridge-protocol": "1",
      }).end(JSON.stringify({ code: "school_gone", detail: "This bridge has no school 1." }));
    };
    if (worker.calls.length > 1) refuse();
  });
  await outboxTo(worker, 1, async ({ homes, outbox, accept }) => {
    await accept(1, "a.csv");
    for (const entry of homes.accepted) outbox.add(entry);
    await until(() => worker.calls.length === 1);
    const forgotten = outbox.forget(homes.accepted[0]!.schoolId);
    refuse();
    await forgotten;
    await homes.keeper.vault.purge(homes.accepted[0]!.schoolId);
    assert.deepEqual([outbox.length, outbox.aside("parked")], [0, 0]);
  });
});

test("a file that fails holds back its own school and no other", async () => {
  const completed: Uploaded[] = [];
  let isBad = true;
  await using worker = await goodWorker(
    completed,
    ({ body }) => isBad && body.includes('"schoolId":1') ? { status: 500 } : undefined,
  );
  await outboxTo(worker, 1, async ({ homes, outbox, accept, logs }) => {
    await accept(1, "a.csv");
    await accept(1, "b.csv");
    for (const name of ["x", "y", "z"]) await accept(2, `${name}.csv`);
    for (const entry of homes.accepted) outbox.add(entry);
    await until(() => outbox.length === 2);
    assert.deepEqual(order(completed), ["2x.csv", "2y.csv", "2z.csv"]);
    await until(() => logs.filter(({ event }) => event === "relay.postponed").length >= 2);
    isBad = false;
    outbox.wake();
    await until(() => outbox.length === 0);
  });
  assert.deepEqual(order(completed).slice(3), ["1a.csv", "1b.csv"]);
});

test("what an earlier run accepted is sent after a start, in its order", async () => {
  const completed: Uploaded[] = [];
  await using worker = await goodWorker(completed);
  await outboxTo(worker, 1, async ({ outbox, accept }) => {
    for (const name of ["b", "a"]) await accept(1, `${name}.csv`);
    outbox.resume();
    await until(() => outbox.length === 0);
  });
  assert.deepEqual(order(completed), ["1b.csv", "1a.csv"]);
});

test("a worker that wants a byte beyond the end, or none further, is asked again later", async () => {
  for (const offsets of [[1_000], [0], [4, 0], [8, 4, 0]]) {
    const completed: Uploaded[] = [];
    let isBad = true;
    let slices = 0;
    await using worker = await goodWorker(completed, ({ method }) => {
      if (!isBad || method !== "PUT") return undefined;
      const offset = offsets[slices++ % offsets.length];
      return { state: "processing", pass: "apply", offset };
    });
    await outboxTo(worker, 1, async ({ homes, outbox, accept, logs }) => {
      await accept(1, "a.csv", "twelve bytes");
      for (const entry of homes.accepted) outbox.add(entry);
      const postponed = () => logs.filter(({ event }) => event === "relay.postponed");
      await until(() => postponed().length > 0);
      assert.match(
        String(postponed()[0]!.fields.reason),
        /the worker (wants|stays at) byte \d+ of 12/,
      );
      assert.ok(slices < 10, `${slices} slices without a pause`);
      isBad = false;
      await until(() => outbox.length === 0);
    });
    assert.deepEqual(order(completed), ["1a.csv"]);
  }
});

test("the same answer as before does not shorten the wait: it grows until something works", async () => {
  const completed: Uploaded[] = [];
  await using worker = await goodWorker(completed, () => ({ status: 500 }));
  await outboxTo(worker, 1, async ({ homes, outbox, accept, logs }) => {
    await accept(1, "a.csv");
    for (const entry of homes.accepted) outbox.add(entry);
    await until(() => logs.length >= 4);
    assert.deepEqual(logs.slice(0, 4).map(({ fields }) => fields["waitMs"]), [50, 100, 200, 400]);
  });
});
