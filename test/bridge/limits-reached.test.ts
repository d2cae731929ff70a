// Each limit that a school comes up against is counted for the operator and told in the log, by name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Limit, LimitsReached } from "../../bridge/limits-reached.ts";
import type { OpenMode } from "../../bridge/home/home.ts";
import { systemAfter } from "../../bridge/timers.ts";
import { Clock } from "./by-hand.ts";
import { testHomes } from "./home/keeper.ts";
import { call, closed, connect, openSftp, startWorld } from "./sftp/harness.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "./sftp/raw-sftp.ts";
import { until } from "../until.ts";

const toWrite: OpenMode = {
  ...{ read: false, write: true, append: false, create: true, exclusive: false, truncate: true },
};

/** A server that counts what its schools came up against. */
async function counted(limits: object, after = systemAfter) {
  const reached: Limit[] = [];
  const world = await startWorld({ limits, after, reached: (limit) => void reached.push(limit) });
  return { world, reached };
}

test("a full home, a file too large and too many open files are counted each, and told in few lines", async () => {
  await using homes = await testHomes({
    ...{ mostOfHome: { files: 2, bytes: 4_000 }, maxUploadBytes: 3_000, maxOpenFiles: 2 },
  });
  const home = homes.home();
  const first = await home.open("/inbound/a.csv", toWrite);
  await first.write(0, Buffer.alloc(3_000));
  await assert.rejects(first.write(3_000, Buffer.alloc(1)), /the most a file may have/);
  const second = await home.open("/inbound/b.csv", toWrite);
  await assert.rejects(home.open("/inbound/a.csv", { ...toWrite, truncate: false }), /are open/);
  await assert.rejects(second.write(0, Buffer.alloc(1_001)), /This home is full/);
  for (const name of ["c.csv", "d.csv"]) {
    await assert.rejects(home.open(`/inbound/${name}`, toWrite), /This home is full/);
  }
  const { upload_size, open_files, home: full, idle } = homes.limits.counts;
  assert.deepEqual({ upload_size, open_files, full, idle }, {
    ...{ upload_size: 1, open_files: 1, full: 3, idle: 0 },
  });
  const told = homes.logged.filter(({ event }) => event === "limit.reached");
  assert.deepEqual(told.map(({ fields }) => fields), [
    { limit: "upload_size", schoolId: 1 },
    { limit: "open_files", schoolId: 1 },
    { limit: "home", schoolId: 1 },
    { limit: "home", schoolId: 1, times: 2 },
  ]);
  await Promise.all([first.abandon("write failed"), second.abandon("write failed")]);
});

test("handles are counted while they are open, and so is each OPEN that is one too many", async () => {
  const { world, reached } = await counted({ handles: 2 });
  await using _ = world;
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  const open = () => call<Buffer>((done) => sftp.opendir("/inbound", done));
  const [first] = [await open(), await open()];
  assert.equal(world.server.load.handles, 2);
  await assert.rejects(open(), /are open in this school/);
  assert.deepEqual(reached, ["handles"]);
  await call((done) => sftp.close(first, done));
  assert.equal(world.server.load.handles, 1);
  client.end();
  await until(() => world.server.load.handles === 0);
});

test("requests that wait for their school's bandwidth are counted, and the bytes of them while they wait", async () => {
  const { world, reached } = await counted({ bytesPerSecond: 20_000 });
  await using _ = world;
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  const handle = await call<Buffer>((done) => sftp.open("/inbound/a.csv", "w", done));
  const write = (at: number) =>
    call((done) => sftp.write(handle, Buffer.alloc(16_000), 0, 16_000, at, done));
  const written = Promise.all([write(0), write(16_000), write(32_000)]);
  await until(() => world.server.load.waitingBytes > 16_000);
  await written;
  await until(() => world.server.load.waitingBytes === 0);
  assert.ok(reached.length > 0 && reached.every((limit) => limit === "bandwidth"), `${reached}`);
  client.end();
});

test("a connection that exchanges keys anew again and again is ended, and counted", async () => {
  const { world, reached } = await counted({});
  await using _ = world;
  const client = await connect(world.server.port);
  const over = closed(client);
  const { _protocol } = client as unknown as { _protocol: { rekey(): void } };
  client.on("handshake", () => setImmediate(() => _protocol.rekey()));
  _protocol.rekey();
  await over;
  assert.deepEqual(reached, ["exchanges"]);
});

test("a connection that is ended as idle, and one that takes no answers, are counted", async () => {
  const clock = new Clock();
  const { world, reached } = await counted({ idleMs: 1_000 }, clock.after);
  await using _ = world;
  const quiet = await connect(world.server.port);
  const left = closed(quiet);
  clock.pass(1_000);
  await left;
  assert.deepEqual(reached.splice(0), ["idle"]);
  world.home.put("/inbound/big.csv", Buffer.alloc(250_000));
  const deaf = await connect(world.server.port);
  const raw = await RawSftp.open(deaf);
  const handle = await raw.open("/inbound/big.csv", 1);
  const gone = closed(deaf);
  raw.channel.pause();
  for (let i = 0; i < 9_000; i++) {
    raw.send(TYPE.read, string(handle), uint64(0), uint32(250_000));
  }
  await gone;
  await until(() => reached.length > 0);
  assert.ok(reached.every((limit) => limit === "waiting_bytes"), `${reached}`);
});

test("a login that finds the connections of its school, or of all, taken is counted", async () => {
  for (const limits of [{ sessionsPerSchool: 1 }, { sessions: 1 }]) {
    const { world, reached } = await counted(limits);
    await using _ = world;
    const client = await connect(world.server.port);
    await assert.rejects(connect(world.server.port));
    assert.deepEqual(reached, ["sessions"]);
    assert.ok(world.logs.some(({ event }) => event === "sftp.full"));
    client.end();
  }
});

test("each limit has its count from the start, so that a graph of it begins at nothing", () => {
  const { counts } = new LimitsReached(() => {}, Date.now);
  assert.equal(Object.values(counts).reduce((sum, count) => sum + count), 0);
  assert.ok(Object.keys(counts).includes("gave_way"));
});
