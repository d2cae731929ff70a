// SPEC section 8: health says what is wrong and why; metrics are few and in Prometheus's text format.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { noneTurnedAway } from "../../bridge/door/figures.ts";
import { LimitsReached } from "../../bridge/limits-reached.ts";
import { watchDisk } from "../../bridge/operations/disk-watch.ts";
import { startHealth } from "../../bridge/operations/health.ts";
import type { BridgeState } from "../../bridge/operations/state.ts";
import { Trouble } from "../../bridge/trouble.ts";

const well: BridgeState = {
  ...{ workerAnsweredAt: 1_795_341_600_000, uploadsWaiting: 2, uploadsHeld: 1, uploadsParked: 0 },
  ...{ commandsWaiting: 3, sessions: 4, eventsAside: 5, troubles: [] },
  ...{ handles: 11, waitingBytes: 12, limitsReached: { home: 13, idle: 0 } },
  door: {
    ...{ connections: 9, strangers: 5, waiting: 2, bans: 1 },
    ...{ turnedAway: { banned: 7, gave_way: 0 }, refusedLogins: { key_unknown: 8 } },
  },
};

async function withHealth(
  work: (get: (path: string) => Promise<Response>, state: { now: BridgeState }) => Promise<void>,
) {
  const state = { now: well };
  const { port, server } = await startHealth(0, () => state.now);
  try {
    await work((path) => fetch(`http://127.0.0.1:${port}${path}`), state);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("health is 200 while all is well and 503 with each reason while it is not, whatever the query", () =>
  withHealth(async (get, state) => {
    const good = await get("/healthz?at=12");
    assert.deepEqual([good.status, (await good.json()).status], [200, "ok"]);
    const kinds = ["worker_away", "disk_full", "data_dir_gone"] as const;
    for (const trouble of kinds) {
      state.now = { ...well, troubles: [{ trouble, reason: "so it is" }] };
      const answer = await get("/healthz");
      const body = await answer.json();
      assert.deepEqual([answer.status, body.status], [503, "degraded"]);
      assert.deepEqual(body.reasons, [{ trouble, reason: "so it is" }]);
    }
    state.now = { ...well, uploadsParked: 2 };
    const { reasons } = await (await get("/healthz")).json();
    assert.deepEqual(reasons.map(({ trouble }: { trouble: string }) => trouble), [
      "uploads_parked",
    ]);
    state.now = { ...well, uploadsParked: 1 };
    const one = (await (await get("/healthz")).json()).reasons[0];
    assert.match(one.reason, /^1 upload cannot go on/);
    assert.equal((await get("/elsewhere")).status, 404);
  }));

test("metrics say what health says, and what the door did", () =>
  withHealth(async (get, state) => {
    const metrics = async () => {
      const answer = await get("/metrics?x=1");
      assert.match(answer.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
      const lines = (await answer.text()).trim().split("\n").filter((line) =>
        !line.startsWith("#")
      );
      return Object.fromEntries(lines.map((line) => line.split(" ")));
    };
    const name = (rest: string) => `rosterbridge_bridge_${rest}`;
    const good = await metrics();
    assert.equal(good[name("worker_reachable")], "1");
    assert.equal(good[name("worker_answered_timestamp_seconds")], "1795341600");
    assert.equal(good[name("sessions")], "4");
    assert.equal(good[name("handles")], "11");
    assert.equal(good[name("waiting_bytes")], "12");
    assert.equal(good[name('limits_reached_total{limit="home"}')], "13");
    assert.equal(good[name('limits_reached_total{limit="idle"}')], "0");
    state.now = { ...well, troubles: [{ trouble: "worker_away", reason: "refused" }] };
    assert.equal((await metrics())[name("worker_reachable")], "0");
  }));

test("each metric is in docs/operations.md by its name, and each limit and reason of the door", () =>
  withHealth(async (get, state) => {
    state.now = {
      ...well,
      limitsReached: new LimitsReached(() => {}, Date.now).counts,
      door: { ...well.door, turnedAway: noneTurnedAway() },
    };
    const text = await (await get("/metrics")).text();
    const named = new Set(
      [...text.matchAll(/^rosterbridge_bridge_(\w+)/gm)].map(([, name]) => name),
    );
    const labels = [...text.matchAll(/(?:limit|why)="(\w+)"/g)].map(([, label]) => label)
      .filter((label) => label !== "key_unknown");
    assert.ok(named.size > 15 && labels.length > 10);
    const page = await readFile(new URL("../../docs/operations.md", import.meta.url), "utf8");
    const unnamed = [...named, ...labels].filter((name) =>
      !new RegExp(`\`${name}[\`{]`).test(page)
    );
    assert.deepEqual(unnamed, []);
  }));

test("the log has a line when a trouble begins and one when it ends, however often it shows itself", () => {
  const events: string[] = [];
  const trouble = new Trouble("the worker does not answer", (event) => void events.push(event));
  trouble.over();
  for (const reason of ["refused", "refused", "reset"]) trouble.seen(reason);
  assert.equal(trouble.reason, "reset");
  trouble.over();
  trouble.over();
  assert.deepEqual(events, ["trouble.begins", "trouble.ends"]);
});

test("the disk is full as long as uploads are refused, though what the service itself writes has room", async () => {
  const events: string[] = [];
  const log = (event: string) => void events.push(event);
  const troubles = { fullDisk: new Trouble("full", log), folderGone: new Trouble("gone", log) };
  // Uploads leave 16 MiB free: the disk has room, they have none, and then they have again.
  const rooms = [0, 0, 40_000, 0, 2 ** 30];
  let looked: () => void;
  const allLooked = new Promise<void>((resolve) => looked = resolve);
  const reasons: (string | undefined)[] = [];
  const room = {
    report() {
      reasons.push(troubles.fullDisk.reason);
      const free = rooms.shift();
      if (free === undefined) looked();
      return Promise.resolve({ free: free ?? 2 ** 30 });
    },
  };
  const alive = setInterval(() => {}, 1_000);
  const watch = watchDisk({ room, checkPlace: () => Promise.resolve(), troubles, lookMs: 1 });
  await allLooked;
  watch.stop();
  clearInterval(alive);
  const said = (free: number) => `${free} bytes are free for uploads where DATA_DIR is`;
  assert.deepEqual(reasons.slice(0, 6), [
    undefined,
    said(0),
    said(0),
    said(40_000),
    said(0),
    undefined,
  ]);
  assert.deepEqual(events, ["trouble.begins", "trouble.ends"]);
});
