// Each limit that a school comes up against is counted for the operator and told in the log, by name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Limit, LimitsReached } from "../../bridge/limits-reached.ts";
import type { Client } from "ssh2";
import type { OpenMode } from "../../bridge/home/home.ts";
import { Clock } from "./by-hand.ts";
import { testHomes } from "./home/keeper.ts";
import { call, closed, connect, openSftp, startWorld } from "./sftp/harness.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "./sftp/raw-sftp.ts";
import { until } from "../until.ts";

const toWrite: OpenMode = {
  ...{ read: false, write: true, append: false, create: true, exclusive: false, truncate: true },
};

interface Insides {
  _protocol: { rekey(): void };
}

/** A server that counts what its schools came up against. */
async function counted(limits: object, clock?: Clock) {
  const reached: Limit[] = [];
  const world = await startWorld({
    ...{ limits, reached: (limit) => void reached.push(limit) },
    ...(clock ? { after: clock.after, now: () => clock.now } : {}),
  });
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

test("requests beyond what a school may make in a second wait, over all its connections, and are counted", async () => {
  const clock = new Clock();
  // Of these the channel of each session takes twenty.
  const { world, reached } = await counted({ requestsPerSecond: 140 }, clock);
  await using _ = world;
  const sessions = await Promise.all(Array.from({ length: 2 }, async () => {
    const client = await connect(world.server.port);
    return { client, sftp: await openSftp(client) };
  }));
  let answered = 0;
  const asked = sessions.flatMap(({ sftp }) =>
    Array.from(
      { length: 100 },
      () => call((done) => sftp.stat("/inbound", done)).then(() => void answered++),
    )
  );
  await until(() => reached.length > 1 && answered > 90);
  // The clock stands: what is answered by now is what a second allows, and one more that owes.
  assert.ok(answered <= 101, `${answered}`);
  clock.pass(1_500);
  await Promise.all(asked);
  assert.ok(reached.every((limit) => limit === "requests"), `${reached}`);
  for (const { client } of sessions) client.end();
});

test("a school that exchanges keys anew again and again is sent away, on any of its connections, and counted", async () => {
  const { world, reached } = await counted({});
  await using _ = world;
  const exchange = (client: Client) => (client as unknown as Insides)._protocol.rekey();
  const again = async () => {
    const client = await connect(world.server.port);
    let times = 0;
    client.on("handshake", () => setImmediate(() => (times++, exchange(client))));
    const over = closed(client);
    exchange(client);
    await over;
    return times;
  };
  assert.ok(await again() >= 30);
  assert.deepEqual(reached, ["exchanges"]);
  // A new connection is no new beginning.
  assert.ok(await again() < 15);
});

test("a connection that is ended as idle, and one that takes no answers, are counted", async () => {
  const clock = new Clock();
  const { world, reached } = await counted({ idleMs: 1_000 }, clock);
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
