// DESIGN, the wire: commands in a queue of their own, while the bridge listens on.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { removeFile } from "../../../bridge/home/removal.ts";
import { Commands } from "../../../bridge/relay/commands/queue.ts";
import { Listening } from "../../../bridge/relay/listening.ts";
import { Outbox } from "../../../bridge/relay/outbox.ts";
import { Telling } from "../../../bridge/relay/telling.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { systemAfter } from "../../../bridge/timers.ts";
import { SchoolDirectory } from "../../../bridge/schools/directory.ts";
import { names, put, testHomes } from "../home/keeper.ts";
import { fakeWorker, json } from "./fake-worker.ts";
import { until } from "../../until.ts";

const deliver = (schoolId: number, name: string) => ({
  ...{ id: randomUUID(), type: "deliver", schoolId, folder: "/outbound", name },
  ...{ href: `/bridge/exports/${name}/file`, exportId: randomUUID() },
});

interface Asked {
  commands: string[];
}

/**
 * A bridge's ears, hands and mouth, and a worker that asks for `commands` until they are acknowledged;
 * files named `missing…` cannot be had.
 */
async function bridgeAsked(...commands: { id: string; type: string; schoolId: number }[]) {
  const homes = await testHomes();
  const { catalog } = homes;
  const told: { id: string; outcome: string; why: string | null }[] = [];
  const answer = { directory: undefined as object | undefined, isMissing: true };
  // Of a school that is purged nothing else is asked any more.
  const purged = new Set<number>();
  const worker = await fakeWorker((response, { path, body }) => {
    if (path === "/bridge/listen") {
      const { commands: known } = JSON.parse(body.toString()) as Asked;
      const isDone = (id: string) => told.some((one) => one.id === id) || known.includes(id);
      const wanted = commands.filter(({ id, type, schoolId }) =>
        !isDone(id) && (type === "purge" || !purged.has(schoolId))
      );
      for (const { type, schoolId } of wanted) if (type === "purge") purged.add(schoolId);
      return json({ commands: wanted, directory: answer.directory })(response, null as never);
    }
    if (path === "/bridge/events") {
      const { events, done } = JSON.parse(body.toString());
      told.push(...done);
      return json({ through: events.at(-1)?.number ?? 0 })(response, null as never);
    }
    const isMissing = answer.isMissing && path.includes("missing");
    response.writeHead(isMissing ? 503 : 200, { "rosterbridge-protocol": "1" });
    return response.end("Username,StudentId,VerifyDate\r\n");
  });
  const logs: { event: string; fields: Record<string, unknown> }[] = [];
  const log = (event: string, fields: Record<string, unknown> = {}) =>
    void logs.push({ event, fields });
  const client = workerClient({
    ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
    bridgeId: () => catalog.identity.id,
  });
  const shared = { worker: client, now: Date.now, random: () => 0, log };
  const slugOf = (schoolId: number) => `school-${schoolId}`;
  const { keeper } = homes;
  const { vault } = keeper;
  const outbox = new Outbox({
    ...{ ...shared, vault, slugOf, concurrency: 1, sliceBytes: 1024 },
    laneOf: () => "roster",
    maxExpandedBytes: 64 * 1024 * 1024,
  });
  const telling = new Telling({ ...shared, catalog, syncMs: 5 });
  const hands = new Commands({
    rotation: { begin: () => Promise.reject(new Error("no key is rotated here")) },
    ...{ ...shared, vault, outbox, slugOf, concurrency: 2 },
    remove: (file, why) => removeFile(keeper, file, why),
    acknowledged: () => telling.nudge(),
  });
  const directory = new SchoolDirectory(catalog);
  const ears = new Listening({
    ...{ ...shared, directory, commands: hands, listenMs: 0, syncMs: 5, after: systemAfter },
    directoryChanged() {},
    workerAway() {},
    isSecond() {},
    workerReturned() {},
  });
  return {
    ...{ homes, logs, told, answer, directory, outbox, hands },
    start() {
      ears.start();
      telling.start();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([ears.stop(), telling.stop(), hands.stop(), outbox.stop()]);
      await worker[Symbol.asyncDispose]();
      await homes[Symbol.asyncDispose]();
    },
  };
}

test("a hundred commands that fail starve no other, and a failing one backs off alone", async () => {
  const failing = Array.from({ length: 100 }, (_, index) => deliver(1, `missing-${index}.csv`));
  const [own, other] = [deliver(1, "own.csv"), deliver(2, "other.csv")];
  await using it = await bridgeAsked(...failing, own, other);
  it.start();
  await until(() => it.told.length === 2);
  assert.deepEqual(it.told.map(({ id }) => id).toSorted(), [own.id, other.id].toSorted());
  assert.deepEqual(await names(it.homes.home(1), "/outbound"), ["own.csv"]);
  assert.deepEqual(await names(it.homes.home(2), "/outbound"), ["other.csv"]);
  const waits = it.logs.filter(({ event, fields }) =>
    event === "command.failed" && fields["command"] === failing[0]!.id
  ).map(({ fields }) => fields["waitMs"]);
  assert.equal(waits[0], 50);
});

test("the bridge listens on while commands fail: a directory is heard", async () => {
  await using it = await bridgeAsked(deliver(1, "missing.csv"));
  it.start();
  await until(() => it.logs.some(({ event }) => event === "command.failed"));
  it.answer.directory = { version: 7, schools: [] };
  await until(() => it.directory.version === 7);
});

test("a command of a newer worker is skipped, logged and reported as not understood", async () => {
  const dance = { id: randomUUID(), type: "dance", schoolId: 1, tempo: "allegro" };
  const odd = { ...deliver(1, "x.csv"), folder: 7 };
  const good = deliver(1, "good.csv");
  await using it = await bridgeAsked(dance, odd, good);
  it.start();
  await until(() => it.told.length === 3);
  const outcomes = new Map(it.told.map(({ id, outcome }) => [id, outcome]));
  assert.deepEqual(
    [dance, odd, good].map(({ id }) => outcomes.get(id)),
    ["not_understood", "not_understood", "done"],
  );
});

test("a worker names no file outside the two folders", async () => {
  const bad = ["..", "a/b.csv", "", "x".repeat(256), "a\nb"].map((name) => deliver(1, name));
  await using it = await bridgeAsked(...bad, { ...deliver(1, "a.csv"), folder: "/etc" } as never);
  it.start();
  await until(() => it.told.length === 6);
  assert.deepEqual([...new Set(it.told.map(({ outcome }) => outcome))], ["failed"]);
});

test("a file is removed when an administrator asks, and asking twice does no harm", async () => {
  const remove = () => ({ id: randomUUID(), type: "remove", schoolId: 1, path: "/inbound/a.txt" });
  await using it = await bridgeAsked(remove(), remove());
  await put(it.homes.home(1), "/inbound/a.txt", "text");
  it.start();
  await until(() => it.told.length === 2);
  assert.deepEqual(it.told.map(({ outcome }) => outcome), ["done", "done"]);
  assert.deepEqual(await names(it.homes.home(1)), []);
});

test("a file that a retention removes is told with the reason", async () => {
  const why = "kept for 30 days, as admin asked: policy";
  const remove = { id: randomUUID(), type: "remove", schoolId: 1, path: "/inbound/a.txt", why };
  await using it = await bridgeAsked(remove);
  await put(it.homes.home(1), "/inbound/a.txt", "text");
  const events: { type: string; why?: string }[] = [];
  const { ledger } = it.homes.catalog;
  const drop = ledger.dropEvents.bind(ledger);
  ledger.dropEvents = (through) => {
    events.push(...ledger.events(1000).map(({ event }) => event as typeof events[0]));
    drop(through);
  };
  it.start();
  await until(() => it.told.length === 1 && events.some((event) => event.why === why));
});

test("a purge forgets the school's files, its uploads and its keys, and no other's", async () => {
  const purge = { id: randomUUID(), type: "purge", schoolId: 1 };
  await using it = await bridgeAsked(purge);
  for (const schoolId of [1, 2]) {
    const home = it.homes.home(schoolId);
    await put(home, "/inbound/kept.txt", "text");
    await put(home, "/inbound/roster.csv", "rows");
    await home.leave();
  }
  const { catalog } = it.homes;
  assert.equal(catalog.outbox().length, 2);
  it.start();
  await until(() => it.told.length === 1);
  assert.deepEqual(catalog.outbox().map(({ schoolId }) => schoolId), [2]);
  assert.deepEqual(await names(it.homes.home(1)), []);
  assert.equal((await names(it.homes.home(2))).length, 2);
  assert.deepEqual(catalog.doomedBlobs(), [], "no byte of it is left");
});

test("what failed for a school before its purge is not done after it: nothing of the school comes back", async () => {
  const late = deliver(1, "missing.csv");
  const purge = { id: randomUUID(), type: "purge", schoolId: 1 };
  await using it = await bridgeAsked(late, purge);
  it.start();
  await until(() => it.told.length === 1);
  it.answer.isMissing = false;
  assert.equal(it.hands.length, 0);
  it.hands.wake();
  assert.deepEqual(await names(it.homes.home(1), "/outbound"), []);
});
