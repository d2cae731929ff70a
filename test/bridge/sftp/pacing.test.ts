// What costs the server something is paced: connections, exchanges of keys, logins, requests and bytes.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { TOLD_AFTER_MS } from "../../../bridge/door/refusal.ts";
import { call, connect, connectFrom, openSftp, startWorld, twoSchools } from "./harness.ts";
import { madeUpExchange, packetOf } from "./made-up-exchange.ts";
import { string } from "./raw-sftp.ts";
import { Clock } from "../by-hand.ts";
import { until } from "../../until.ts";

test("who connects more often than its address may waits to be greeted, and is then served", async () => {
  const clock = new Clock();
  await using world = await startWorld({
    ...{ door: { greetings: { burst: 2, perSecond: 1 } }, now: () => clock.now },
    after: clock.after,
  });
  const silent = Array.from({ length: 2 }, () => connectFrom("127.0.0.2", world.server.port));
  await Promise.all(silent.map((socket) => new Promise((read) => socket.once("data", read))));
  const client = connect(world.server.port, { localAddress: "127.0.0.2" });
  await until(() => world.server.figures.waiting === 1);
  const [line] = world.logs.filter(({ event }) => event === "sftp.greeting_waits");
  assert.equal(line?.fields["address"], "127.0.0.2");
  // From elsewhere nobody waits, and who logs in has not taken a turn.
  for (let i = 0; i < 5; i++) (await connect(world.server.port)).end();
  assert.equal(world.server.figures.waiting, 1);
  clock.pass(1_000);
  (await client).end();
  for (const socket of silent) socket.destroy();
});

test("who is turned away while it waits to be greeted is greeted with the reason; who goes away waits no more", async () => {
  const clock = new Clock();
  await using world = await startWorld({
    ...{ door: { greetings: { burst: 1, perSecond: 0.001 }, graceMs: 2_000 } },
    ...{ now: () => clock.now, after: clock.after },
  });
  const { port } = world.server;
  const first = connectFrom("127.0.0.2", port);
  await new Promise((greeted) => first.once("data", greeted));
  const [late, gone] = [connectFrom("127.0.0.2", port), connectFrom("127.0.0.2", port)];
  let said = "";
  late!.on("data", (piece) => said += piece.toString("latin1"));
  await until(() => world.server.figures.waiting === 2);
  gone!.end("SSH-2.0-x\r\n");
  await until(() => world.server.figures.connections === 2);
  assert.equal(world.server.figures.waiting, 1);
  const ended = new Promise((resolve) => late!.once("close", resolve));
  clock.pass(2_000);
  clock.pass(TOLD_AFTER_MS);
  await ended;
  assert.match(said, /^SSH-2\.0-Rosterbridge\r\n[^]*You did not log in within 2 seconds/);
  first.destroy();
});

test("a school that logs in more often than it may waits at the door like one whose logins fail", async () => {
  const clock = new Clock();
  const reached: string[] = [];
  const { world, otherKey } = await twoSchools({ loginsPerSecond: 1 }, {
    ...{ now: () => clock.now, after: clock.after },
    door: { exchanges: { burst: 1, perSecond: 1 } },
    reached: (limit: string) => reached.push(limit),
  });
  await using _ = world;
  const visit = async (config: object = {}) => (await connect(world.server.port, config)).end();
  for (let i = 0; i < 120; i++) await visit();
  assert.deepEqual([reached, world.server.figures.waiting], [[], 0]);
  await visit();
  assert.deepEqual(reached, ["logins"]);
  const late = visit();
  await until(() => world.server.figures.waiting === 1);
  await visit({ username: "other", privateKey: otherKey, localAddress: "127.0.0.2" });
  clock.pass(1_000);
  await late;
});

test("who exchanges keys more often than its address may waits and is then served", async () => {
  const door = { exchanges: { burst: 1, perSecond: 20 } };
  await using world = await startWorld({ door });
  const slow = madeUpExchange("curve25519-sha256", randomBytes(32));
  const flood = Array.from({ length: 10 }, () => connectFrom("127.0.0.1", world.server.port));
  for (const socket of flood) socket.write(slow);
  await until(() => world.server.figures.waiting > 0);
  const [line] = world.logs.filter(({ event }) => event === "sftp.exchange_waits");
  assert.equal(line?.fields["address"], "127.0.0.1");
  const client = await connect(world.server.port);
  client.end();
  for (const socket of flood) socket.destroy();
});

test("who talks on while its exchange of keys waits is ended", async () => {
  await using world = await startWorld({ door: { exchanges: { burst: 1, perSecond: 0.001 } } });
  const exchange = packetOf(Buffer.concat([Buffer.from([30]), string(randomBytes(32))]));
  for (
    const { more, waits } of [
      { more: Buffer.alloc(0), waits: 0 },
      { more: Buffer.alloc(0), waits: 1 },
      { more: exchange, waits: 1 },
      { more: packetOf(Buffer.from([21])), waits: 1 },
    ]
  ) {
    const said = madeUpExchange("curve25519-sha256", randomBytes(32));
    const socket = connectFrom("127.0.0.1", world.server.port);
    socket.write(Buffer.concat([said, more]));
    if (more.length > 0) await new Promise((resolve) => socket.once("close", resolve));
    else await until(() => world.server.figures.waiting === waits);
  }
  const told = world.logs.filter(({ event }) => event === "sftp.connection_error");
  assert.match(String(told[0]!.fields.problem), /did not wait for the exchange of keys/);
  assert.equal(world.server.faults, 0);
});

test("exchanges of keys that the server asks for cost a school nothing", async () => {
  const reached: string[] = [];
  await using world = await startWorld({
    ...{ rekey: { bytes: 1, milliseconds: 3_600_000 } },
    reached: (limit) => reached.push(limit),
  });
  const client = await connect(world.server.port);
  let times = 0;
  client.on("handshake", () => times++);
  const sftp = await openSftp(client);
  while (times < 60) await call((done) => sftp.stat("/inbound", done));
  assert.deepEqual(reached, []);
  client.end();
});

test("a school that opens session after session waits as for requests, and another does not", async () => {
  const clock = new Clock();
  const reached: string[] = [];
  const { world, otherKey } = await twoSchools({ requestsPerSecond: 100 }, {
    ...{ now: () => clock.now, after: clock.after },
    reached: (limit: string) => reached.push(limit),
  });
  await using _ = world;
  const client = await connect(world.server.port);
  let opened = 0;
  const visit = async () => {
    const sftp = await openSftp(client);
    opened++;
    sftp.end();
    await new Promise((resolve) => sftp.once("close", resolve));
  };
  const all = (async () => {
    while (opened < 20) await visit();
  })();
  await until(() => reached.length > 0 || opened === 20);
  const other = await connect(world.server.port, { username: "other", privateKey: otherKey });
  await openSftp(other);
  assert.ok(opened < 10, `${opened}`);
  let isOver = false;
  void all.then(() => isOver = true);
  await until(() => (clock.pass(100), isOver));
  assert.ok(reached.every((limit) => limit === "requests"));
  for (const one of [client, other]) one.end();
});

test("a school moves so many bytes a second over all its connections, and another is not slowed", async () => {
  const clock = new Clock();
  const waiting = new Set<number>();
  const { world, otherKey } = await twoSchools({ bytesPerSecond: 200_000 }, {
    ...{ now: () => clock.now, after: clock.after },
    reached: (_limit: string, schoolId: number) => waiting.add(schoolId),
  });
  await using _ = world;
  world.home.put("/inbound/big.csv", Buffer.alloc(500_000, "a"));
  world.home.put("/inbound/small.csv", Buffer.alloc(100_000, "b"));
  const read = async (path: string, config: object = {}) => {
    const client = await connect(world.server.port, config);
    const sftp = await openSftp(client);
    const bytes = await call<Buffer>((done) => sftp.readFile(path, done));
    client.end();
    return bytes.length;
  };
  let isOver = false;
  const both = Promise.all([read("/inbound/big.csv"), read("/inbound/big.csv")]);
  void both.then(() => isOver = true);
  await until(() => waiting.has(1));
  // The clock stands: who would have to wait would wait for ever.
  assert.equal(
    await read("/inbound/small.csv", { username: "other", privateKey: otherKey }),
    100_000,
  );
  assert.deepEqual([...waiting], [1]);
  assert.equal(isOver, false);
  // A million bytes of which 200,000 are free: four seconds, less what was on its way.
  let seconds = 0;
  for (; !isOver; seconds += 0.1) {
    clock.pass(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.deepEqual(await both, [500_000, 500_000]);
  assert.ok(seconds >= 3, `${seconds} s`);
});
