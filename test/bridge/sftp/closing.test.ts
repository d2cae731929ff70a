import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { test } from "node:test";
import { Networks } from "../../../shared/networks.ts";
import { fingerprint } from "../../../bridge/sftp/public-key.ts";
import {
  call,
  closed,
  connect,
  connectFrom,
  hostKey,
  openSftp,
  rsaKey,
  schoolKey,
  startWorld,
  wireOf,
} from "./harness.ts";
import { Clock } from "../by-hand.ts";
import { RawSftp, string, TYPE, uint64 } from "./raw-sftp.ts";
import { until } from "../../until.ts";

function refusesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.on("connect", () => (socket.destroy(), resolve(false)));
    socket.on("error", () => resolve(true));
  });
}

test("closing lets running requests finish, abandons open files and leaves the homes", async () => {
  await using world = await startWorld();
  let go!: () => void;
  const gate = new Promise<void>((resolve) => go = resolve);
  world.home.beforeWrite = () => gate;
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/roster.csv", 0x0a);
  const write = raw.send(TYPE.write, string(handle), uint64(0), string("part"));
  await until(() => world.home.writes === 1);
  let over = false;
  const closing = world.server.close(5000).then(() => over = true);
  assert.ok(await refusesConnections(world.server.port));
  assert.equal(over, false);
  go();
  assert.equal((await raw.status(write)).code, 0);
  await closing;
  const file = world.home.files.get("/inbound/roster.csv")!;
  assert.deepEqual([String(file.bytes), file.ended, world.home.left], ["part", "abandoned", 1]);
});

test("closing does not wait longer than the grace time for a request that hangs", async () => {
  await using world = await startWorld();
  world.home.stat = () => new Promise(() => {});
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  raw.send(TYPE.stat, string("/inbound"));
  await call((done) => openSftp(client).then((sftp) => sftp.realpath(".", done)));
  const gone = closed(client);
  await world.server.close(30);
  await gone;
  assert.ok(world.logs.some(({ event }) => event === "sftp.close_late"));
});

test("closing waits for nobody who is not logged in", async () => {
  const { after } = new Clock();
  const trustedProxies = new Networks(["127.0.0.2"]);
  const door = { strangersPerAddress: 1, trustedProxies };
  await using world = await startWorld({ door, after });
  const { port } = world.server;
  const all = ["127.0.0.1", "127.0.0.1", "127.0.0.2"].map((from) => connectFrom(from, port));
  // One gives way to another and is yet to be told; a proxy is yet to say who comes.
  await until(() => world.server.figures.turnedAway.gave_way === 1);
  await until(() => world.server.figures.connections === 3);
  await world.server.close(60_000);
  assert.equal(world.logs.some(({ event }) => event === "sftp.close_late"), false);
  for (const socket of all) socket.destroy();
});

test("a revoked key's open sessions are closed at once, and no others", async () => {
  await using world = await startWorld();
  const otherKey = rsaKey(2048);
  world.keys.set(wireOf(otherKey).toString("base64"), 1);
  const revoked = await connect(world.server.port);
  const kept = await connect(world.server.port, { privateKey: otherKey });
  const uploading = await openSftp(revoked);
  await call((done) => uploading.open("/inbound/roster.csv", "w", done));
  const gone = closed(revoked);
  const stale = fingerprint(wireOf(schoolKey));
  const ended = world.server.closeSessions((visitor) => visitor.fingerprint === stale);
  assert.equal(ended, 1);
  await gone;
  await until(() => world.home.left === 1);
  assert.equal(world.home.files.get("/inbound/roster.csv")!.ended, "abandoned");
  const sftp = await openSftp(kept);
  await call((done) => sftp.stat("/inbound", done));
  kept.end();
});

test("starting fails with the reason when the port is taken or a host key is none", async () => {
  await using world = await startWorld();
  await assert.rejects(startWorld({ port: world.server.port }), { code: "EADDRINUSE" });
  await assert.rejects(startWorld({ hostKeys: [{ key: "nonsense" }] }), /host key/);
  await using one = await startWorld({ hostKeys: [{ key: hostKey }] });
  (await connect(one.server.port)).end();
});
