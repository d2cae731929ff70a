// Each limit of the door with a real server: what it refuses, what its client reads, what others notice.
import assert from "node:assert/strict";
import { createConnection, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import type { Client } from "ssh2";
import ssh2 from "ssh2";
import { TOLD_AFTER_MS } from "../../../bridge/door/refusal.ts";
import { type After, systemAfter } from "../../../bridge/timers.ts";
import {
  call,
  closed,
  connect,
  connectFrom,
  openSftp,
  OpenSsh,
  rsaKey,
  schoolKey,
  startWorld,
  twoSchools,
} from "./harness.ts";
import { sendMessage, string } from "./raw-sftp.ts";
import { Clock } from "../by-hand.ts";
import { until } from "../../until.ts";

/** Refusals are told at once; for all else time stands still. */
const refusalsOnly: After = (milliseconds, work) =>
  milliseconds === TOLD_AFTER_MS ? systemAfter(0, work) : () => {};

test("a flood of silent connections from one address locks out no school that is far away", async () => {
  const door = { strangers: 40, strangersPerAddress: 20 };
  const { after } = new Clock();
  await using world = await startWorld({ door, after });
  const flood: Socket[] = [];
  // A school whose login takes long: three hundred strangers come between each of its packets.
  const client = new ssh2.Client().on("error", () => {});
  const ready = new Promise<void>((resolve, reject) => {
    client.once("ready", resolve);
    client.once("close", () => reject(new Error("the school was pushed out")));
  });
  // What is still on its way when the test is over may find nobody there.
  const far = createConnection(world.server.port, "127.0.0.1").on("error", () => {});
  await until(() => !far.connecting);
  let relayed = 0;
  const slow = async (data: Buffer) => {
    for (let i = 0; i < 100; i++) flood.push(connectFrom("127.0.0.2", world.server.port));
    await until(() => flood.every((socket) => !socket.connecting || socket.destroyed));
    relayed += data.length;
  };
  const sock = new Duplex({
    read() {},
    write(data, _encoding, done) {
      void slow(data).then(() => far.write(data, done));
    },
  });
  far.on("data", (data) => sock.push(data));
  client.connect({ sock, username: "school", privateKey: schoolKey, readyTimeout: 0 });
  await ready;
  assert.ok(relayed > 500 && flood.length >= 400, `${flood.length} strangers`);
  assert.ok(world.server.figures.turnedAway.gave_way > 200);
  // In the log they are a handful of lines.
  const lines = world.logs.filter(({ event }) => event === "sftp.gave_way");
  assert.ok(lines.length < 15, `${lines.length} lines`);
  client.end();
  for (const socket of [far, ...flood]) socket.destroy();
});

test("greetings a byte at a time keep nobody of the same address waiting, and are the first to give way", async () => {
  const door = { strangersPerAddress: 40, exchanges: { burst: 2, perSecond: 0.001 } };
  await using world = await startWorld({ door });
  const slow = Array.from({ length: 40 }, () => connectFrom("127.0.0.1", world.server.port));
  for (const socket of slow) socket.write("SSH-2.0-");
  await until(() => world.server.figures.strangers === 40 && slow.every((one) => !one.connecting));
  for (let i = 0; i < 5; i++) (await connect(world.server.port)).end();
  assert.equal(world.server.figures.waiting, 0);
  assert.ok(world.server.figures.turnedAway.gave_way >= 1);
  for (const socket of slow) socket.destroy();
});

/** What a client is told when its connection is ended. */
function toldAtEnd(client: Client): Promise<string> {
  const { _protocol } = client as unknown as Insides;
  return new Promise((resolve) => {
    _protocol._handlers.DISCONNECT = (_protocol, _reason, sentence) => resolve(sentence);
  });
}

/** … without a key or a cipher. */
async function toldInClear(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (piece) => text += piece.toString("latin1"));
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

test("who does not log in in time is told so, however far it has come", async () => {
  const clock = new Clock();
  await using world = await startWorld({ door: { graceMs: 30_000 }, after: clock.after });
  const silent = connectFrom("127.0.0.1", world.server.port);
  const speaking = connectFrom("127.0.0.2", world.server.port);
  const inClear = [silent, speaking].map(toldInClear);
  speaking.write("SSH-2.0-x\r\n");
  const client = new ssh2.Client().on("error", () => {});
  const shaken = new Promise<void>((resolve) => {
    client.once("handshake", () => {
      (client as unknown as Insides)._protocol._handlers.SERVICE_ACCEPT = resolve;
    });
  });
  client.connect({
    ...{ host: "127.0.0.1", port: world.server.port, username: "school", readyTimeout: 0 },
    authHandler: () => {},
  });
  await shaken;
  await until(() => world.server.figures.strangers === 3);
  const told = Promise.all([...inClear, toldAtEnd(client)]);
  clock.pass(30_000);
  clock.pass(TOLD_AFTER_MS);
  for (const text of await told) assert.match(text, /You did not log in within 30 seconds/);
  for (const text of await Promise.all(inClear)) assert.match(text, /^SSH-2\.0-(?![^]*SSH-2\.0-)/);
  assert.equal(world.server.figures.turnedAway.too_slow, 3);
});

test("while keys change hands nothing can be said, and the connection just ends", async () => {
  const clock = new Clock();
  await using world = await startWorld({ door: { graceMs: 30_000 }, after: clock.after });
  const errors: string[] = [];
  const client = new ssh2.Client().on("error", ({ message }) => errors.push(message));
  const gone = closed(client);
  // The server has said that its next packet is under the new keys, and has not yet heard the same.
  client.once("handshake", () => {
    clock.pass(30_000);
    clock.pass(TOLD_AFTER_MS);
  });
  client.connect({
    ...{ host: "127.0.0.1", port: world.server.port, username: "school", readyTimeout: 0 },
    privateKey: schoolKey,
  });
  await gone;
  assert.deepEqual(errors, []);
});

test("who gives way at the door is told so a moment later; in a flood many are not, and nobody lingers", async () => {
  const clock = new Clock();
  await using world = await startWorld({ door: { strangersPerAddress: 1 }, after: clock.after });
  const first = connectFrom("127.0.0.2", world.server.port);
  await until(() => world.server.figures.strangers === 1);
  const told = toldInClear(first);
  const flood = Array.from({ length: 200 }, () => {
    const socket = createConnection({
      ...{ host: "127.0.0.1", port: world.server.port, localAddress: "127.0.0.2" },
      allowHalfOpen: true, // They never close their side.
    });
    return socket.on("error", () => {}).resume();
  });
  await until(() => world.server.figures.turnedAway.gave_way === 200);
  await until(() => world.server.figures.connections === 17);
  let said = "";
  first.on("data", (piece) => said += piece.toString("latin1"));
  clock.pass(TOLD_AFTER_MS - 1);
  const next = connectFrom("127.0.0.3", world.server.port);
  await new Promise((greeted) => next.once("data", greeted));
  assert.equal(said, "");
  next.destroy();
  await until(() => world.server.figures.connections === 17);
  clock.pass(1);
  assert.match(await told, /1 of one address, may wait to log in, and yours gave way/);
  clock.pass(2_000);
  await until(() => world.server.figures.connections === 1);
  for (const socket of flood) socket.destroy();
});

test("whose connection is ended after it logged in is told why, and what becomes of its files", async () => {
  const clock = new Clock();
  await using world = await startWorld({ limits: { idleMs: 1_800_000 }, after: clock.after });
  const idle = await connect(world.server.port);
  const idleTold = toldAtEnd(idle);
  clock.pass(1_800_000);
  assert.match(await idleTold, /Nothing was asked for in 30 minutes\. .*an upload can be resumed/);
  const revoked = await connect(world.server.port);
  const revokedTold = toldAtEnd(revoked);
  assert.equal(world.server.closeSessions(({ slug }) => slug === "school"), 1);
  assert.match(await revokedTold, /The key or the school no longer opens this service/);
  const last = await connect(world.server.port);
  const lastTold = toldAtEnd(last);
  const stopped = world.server.close(10_000);
  assert.match(await lastTold, /The service is stopping\. Connect again later/);
  await stopped;
});

test("an address that fails to log in again and again is shut out, is told so, and is let in when the ban is lifted", async () => {
  const { now } = new Clock();
  await using world = await startWorld({
    ...{ door: { failures: 3 }, after: refusalsOnly, now: () => now },
  });
  using wrong = new OpenSsh(world.server.port, rsaKey(2048));
  for (let i = 0; i < 3; i++) assert.equal((await wrong.sftp("pwd")).status, 255);
  await until(() => world.server.bans().length === 1);
  const { status, errors } = await wrong.sftp("pwd");
  assert.equal(status, 255);
  assert.match(errors, /Too many logins from your address were refused\. Try again in 1 minute/);
  // The right key does not help from there, and from elsewhere it does.
  using right = new OpenSsh(world.server.port);
  assert.equal((await right.sftp("pwd")).status, 255);
  assert.equal((await right.sftp("pwd", "-o", "BindAddress=127.0.0.3")).status, 0);
  const [ban] = world.server.bans();
  assert.deepEqual([ban!.source, ban!.failures], ["127.0.0.1", 3]);
  assert.equal(world.server.liftBan("127.0.0.1"), true);
  assert.equal((await right.sftp("pwd")).status, 0);
  assert.equal(world.server.figures.turnedAway.banned, 2);
});

test("a client that shows wrong keys before the right one is no failure", async () => {
  await using world = await startWorld({ door: { failures: 1 } });
  const keys = [rsaKey(2048), rsaKey(2048), schoolKey];
  const client = await connect(world.server.port, {
    authHandler(_left, _partial, next) {
      next({ type: "publickey", username: "school", key: keys.shift()! });
    },
  });
  const gone = closed(client);
  client.end();
  await gone;
  assert.deepEqual(world.server.bans(), []);
});

test("every try counts, `none` too: after so many the connection ends", async () => {
  await using world = await startWorld({ limits: { tries: 5 } });
  const client = new ssh2.Client().on("error", () => {});
  const gone = closed(client);
  const none = Buffer.concat([Buffer.from([50]), ...["a", "ssh-connection", "none"].map(string)]);
  client.once("handshake", () => {
    const { _protocol } = client as unknown as Insides;
    _protocol._handlers.SERVICE_ACCEPT = () => {
      for (let i = 0; i < 5000; i++) sendMessage(client, none);
    };
  });
  client.connect({
    ...{ host: "127.0.0.1", port: world.server.port, username: "a", password: "b" },
    authHandler: () => {},
  });
  await gone;
  // The first is how every client begins.
  await until(() => world.logs.some(({ event }) => event === "sftp.left"));
  const refused = world.logs.filter(({ event }) => event === "sftp.refused");
  assert.deepEqual(refused.map(({ fields }) => fields.times), [undefined, 2, 4]);
  assert.equal(world.server.figures.turnedAway.too_many_tries, 1);
  assert.equal(world.logs.filter(({ event }) => event === "sftp.too_many_tries").length, 1);
});

test("connections of one address, and in all, are limited, and the client reads why", async () => {
  const door = { perAddress: 2, connections: 4 };
  await using world = await startWorld({ door, after: refusalsOnly });
  const clients = [await connect(world.server.port), await connect(world.server.port)];
  using ssh = new OpenSsh(world.server.port);
  assert.match((await ssh.sftp("pwd")).errors, /2 connections of your address are open/);
  const elsewhere = ["-o", "BindAddress=127.0.0.4"];
  assert.equal((await ssh.sftp("pwd", ...elsewhere)).status, 0);
  await until(() => world.server.figures.connections === 2);
  const others = ["127.0.0.5", "127.0.0.6"].map((from) => connectFrom(from, world.server.port));
  await until(() => world.server.figures.connections === 4);
  assert.match((await ssh.sftp("pwd", ...elsewhere)).errors, /4 connections are open/);
  for (const socket of others) socket.destroy();
  await until(() => world.server.figures.connections === 2);
  assert.equal((await ssh.sftp("pwd", ...elsewhere)).status, 0);
  for (const client of clients) client.end();
});

test("who is yet to be told that all is full takes no place from the next", async () => {
  const { after } = new Clock();
  await using world = await startWorld({ door: { connections: 1 }, after });
  const first = await connect(world.server.port);
  const late = Array.from({ length: 3 }, () => connectFrom("127.0.0.2", world.server.port));
  await until(() => world.server.figures.turnedAway.too_many_connections === 3);
  first.end();
  await until(() => world.server.figures.connections === 3);
  let isIn = false;
  const next = connect(world.server.port).then((client) => (isIn = true, client.end()), () => {});
  await until(() => isIn || world.server.figures.turnedAway.too_many_connections > 3);
  assert.ok(isIn);
  await next;
  for (const socket of late) socket.destroy();
});

test("the connection too many of a school is told so in words that its client shows", async () => {
  const { after } = new Clock();
  await using world = await startWorld({ limits: { sessionsPerSchool: 1 }, after });
  const client = await connect(world.server.port);
  using ssh = new OpenSsh(world.server.port);
  const { errors } = await ssh.sftp("pwd");
  assert.match(errors, /the school has 1 connections open, which is the most; close one/);
  client.end();
});

interface Insides {
  _protocol: {
    _handlers: {
      SERVICE_ACCEPT(): void;
      DISCONNECT(protocol: unknown, reason: number, sentence: string): void;
    };
  };
}

test("a school with many connections that do nothing keeps no other school out", async () => {
  const { world, otherKey } = await twoSchools({ sessions: 4 });
  await using _ = world;
  const idle: Client[] = [];
  for (let i = 0; i < 4; i++) idle.push(await connect(world.server.port));
  const active = await openSftp(idle[0]!);
  await call((done) => active.stat("/inbound", done));
  const gone = Promise.race(idle.slice(1).map(toldAtEnd));
  const client = await connect(world.server.port, { username: "other", privateKey: otherKey });
  assert.match(await gone, /4 connections are open, .* this one was quiet for longest/);
  // Who is at work stays, and who has as many as others gives way to nobody.
  await call((done) => active.stat("/inbound", done));
  assert.equal(world.server.sessions, 4);
  client.end();
  for (const one of idle) one.end();
});
