import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createConnection, type Socket } from "node:net";
import { test } from "node:test";
import type { ClientChannel } from "ssh2";
import { TOLD_AFTER_MS } from "../../../bridge/door/refusal.ts";
import { Clock } from "../by-hand.ts";
import { call, closed, connect, openSftp, startWorld, type World } from "./harness.ts";
import { packet, RawSftp, sendMessage, string, TYPE, uint32, uint64 } from "./raw-sftp.ts";
import { until } from "../../until.ts";

interface InnerClient {
  _chanMgr: { _channels: Record<number, ClientChannel> };
}

/** Connects, sends something, and answers when the server has closed; never throws. */
function throwAt(port: number, bytes: Buffer, then: "wait" | "reset" = "wait"): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.on("data", () => {});
    socket.write(bytes, () => then === "reset" ? socket.resetAndDestroy() : socket.end());
  });
}

async function logsIn({ server }: World): Promise<void> {
  const client = await connect(server.port);
  const sftp = await openSftp(client);
  await call((done) => sftp.stat("/inbound", done));
  client.end();
}

test("random bytes at the port, port scanners and half a handshake hurt nobody", async () => {
  await using world = await startWorld();
  const { port } = world.server;
  const bystander = await connect(port);
  const ident = Buffer.from("SSH-2.0-Scanner_1.0\r\n");
  const shots: Promise<void>[] = [];
  for (let i = 0; i < 25; i++) {
    shots.push(throwAt(port, randomBytes(1 + i * 40)));
    shots.push(throwAt(port, Buffer.concat([ident, randomBytes(1 + i * 40)])));
    shots.push(throwAt(port, Buffer.concat([ident, packet(20, randomBytes(60))])));
    shots.push(throwAt(port, ident, "reset"));
  }
  shots.push(throwAt(port, Buffer.alloc(0)));
  shots.push(throwAt(port, Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
  shots.push(throwAt(port, Buffer.alloc(1_000_000, "A")));
  await Promise.all(shots);
  await logsIn(world);
  await call(async (done) => done(undefined, await openSftp(bystander)));
  bystander.end();
});

test("random bytes in the middle of a logged-in connection end that connection only", async () => {
  await using world = await startWorld();
  for (let i = 0; i < 5; i++) {
    const client = await connect(world.server.port);
    const sftp = await openSftp(client);
    await call((done) => sftp.open("/inbound/roster.csv", "w", done));
    const gone = closed(client);
    (client as unknown as { _sock: Socket })._sock.write(randomBytes(2000));
    await gone;
  }
  await until(() => world.home.left === 5);
  assert.equal(world.home.files.get("/inbound/roster.csv")!.ended, "abandoned");
  await logsIn(world);
});

test("SFTP packets that cannot be framed end the connection that sent them, and nothing else", async () => {
  await using world = await startWorld();
  const noise = [
    uint32(0),
    uint32(0x7fffffff),
    uint32(0xffffffff),
    uint32(256 * 1024 + 1),
    packet(TYPE.stat), // No id that could be answered.
  ];
  for (const bytes of noise) {
    const client = await connect(world.server.port);
    const raw = await RawSftp.open(client);
    const gone = closed(client);
    // What follows must not be parsed either.
    raw.sendBytes(Buffer.concat([bytes, Buffer.alloc(100_000, 0x7f)]));
    await gone;
  }
  await until(() => world.home.left === noise.length);
  await logsIn(world);
});

test("a request that is malformed is answered SSH_FX_BAD_MESSAGE, and the session goes on", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const malformed = [
    raw.send(TYPE.open, uint32(0xffffff)),
    raw.send(TYPE.read),
    raw.send(TYPE.write, string("x"), uint64(0), uint32(99_999)),
    raw.send(TYPE.extended, uint32(200_000)),
    raw.send(TYPE.extended, string("posix-rename@openssh.com"), string("/inbound/a")),
    raw.send(TYPE.setstat, string("/inbound"), uint32(1)),
    raw.send(TYPE.setstat, string("/inbound"), uint32(0x80000000), uint32(0xffffffff)),
  ];
  for (const id of malformed) assert.equal((await raw.status(id)).code, 5);
  assert.equal((await raw.reply(raw.send(TYPE.stat, string("/inbound")))).type, 105);
  client.end();
});

test("a request it does not know is answered SSH_FX_OP_UNSUPPORTED", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const unknown = [0, 1, 2, 21, 99, 101, 199, 201, 255];
  for (const type of unknown) assert.equal((await raw.status(raw.send(type))).code, 8);
  const copy = raw.send(TYPE.extended, string("copy-data"), string("x"));
  assert.equal((await raw.status(copy)).code, 8);
  assert.equal((await raw.reply(raw.send(TYPE.stat, string("/inbound")))).type, 105);
  client.end();
});

test("an SSH message that nobody knows is answered SSH_MSG_UNIMPLEMENTED with its number", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const { _protocol } = client as unknown as {
    _protocol: {
      _decipher: { _onPayload(payload: Buffer): unknown };
      _cipher: { outSeqno: number };
    };
  };
  const numbers: number[] = [];
  const onPayload = _protocol._decipher._onPayload;
  _protocol._decipher._onPayload = (payload) => {
    if (payload[0] === 3) return void numbers.push(payload.readUInt32BE(1));
    return onPayload(payload);
  };
  const sent: number[] = [];
  for (const type of [9, 33, 130, 192, 255]) {
    sent.push(_protocol._cipher.outSeqno);
    sendMessage(client, Buffer.from([type, 1, 2, 3]));
  }
  await until(() => numbers.length === sent.length);
  assert.deepEqual(numbers, sent);
  await openSftp(client);
  client.end();
});

test("a hundred thousand OPENs on a connection keep 64 handles a session and 128 in all", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/roster.csv", "");
  const client = await connect(world.server.port);
  const sessions = [];
  for (let i = 0; i < 10; i++) sessions.push(await RawSftp.open(client));
  let opened = 0;
  for (const raw of sessions) {
    for (let round = 0; round < 10; round++) {
      let last = 0;
      for (let i = 0; i < 1000; i++) {
        last = raw.send(TYPE.open, string("/inbound/roster.csv"), uint32(1), uint32(0));
      }
      await raw.reply(last);
      opened += raw.replies.splice(0).filter(({ type }) => type === TYPE.handle).length;
    }
  }
  assert.equal(opened, 128);
  client.end();
});

test("a school's handles are 512 over all its connections", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/roster.csv", "");
  const clients = [];
  let opened = 0;
  for (let i = 0; i < 5; i++) {
    const client = await connect(world.server.port);
    clients.push(client);
    for (let j = 0; j < 2; j++) {
      const raw = await RawSftp.open(client);
      let last = 0;
      for (let k = 0; k < 64; k++) {
        last = raw.send(TYPE.open, string("/inbound/roster.csv"), uint32(1), uint32(0));
      }
      const { type } = await raw.reply(last);
      opened += raw.replies.filter(({ type }) => type === TYPE.handle).length;
      if (i === 4) assert.equal(type, TYPE.status);
    }
  }
  assert.equal(opened, 512);
  const gone = closed(clients[0]!);
  clients[0]!.end();
  await gone;
  await until(() => world.home.left === 2);
  const raw = await RawSftp.open(clients[4]!);
  await raw.open("/inbound/roster.csv", 1);
  for (const client of clients) client.end();
});

test("well-framed nonsense gets answers or the door, and the server goes on", async () => {
  await using world = await startWorld();
  for (let round = 0; round < 20; round++) {
    const client = await connect(world.server.port);
    const raw = await RawSftp.open(client);
    let shown = false;
    client.once("close", () => shown = true);
    for (let i = 0; i < 20 && !shown; i++) {
      const type = 3 + Math.floor(Math.random() * 18);
      raw.sendBytes(packet(type, uint32(i), string("/inbound/x"), randomBytes(i * 3)));
    }
    await until(() => shown || raw.replies.length > 1);
    client.end();
  }
  await logsIn(world);
});

test("a connection that does not log in within the grace time is ended", async () => {
  const clock = new Clock();
  await using world = await startWorld({ door: { graceMs: 30_000 }, after: clock.after });
  const socket = createConnection(world.server.port, "127.0.0.1").resume();
  await until(() => world.server.figures.strangers === 1);
  clock.pass(29_999);
  assert.equal(world.logs.length, 0);
  clock.pass(1);
  assert.equal(world.logs[0]!.event, "sftp.too_slow");
  clock.pass(TOLD_AFTER_MS);
  await until(() => socket.destroyed);
});

test("the grace time is for logging in: who is in may stay", async () => {
  const clock = new Clock();
  await using world = await startWorld({ door: { graceMs: 30_000 }, after: clock.after });
  const client = await connect(world.server.port);
  const silent = createConnection(world.server.port, "127.0.0.1").resume();
  await until(() => world.server.figures.strangers === 1);
  clock.pass(30_000);
  clock.pass(TOLD_AFTER_MS);
  await until(() => silent.destroyed);
  const sftp = await openSftp(client);
  await call((done) => sftp.stat("/inbound", done));
  client.end();
});

test("hundreds of silent connections do not keep a school out", async () => {
  await using world = await startWorld();
  const sockets: Socket[] = [];
  for (let i = 0; i < 300; i++) {
    const socket = createConnection(world.server.port, "127.0.0.1");
    socket.on("error", () => {});
    sockets.push(socket);
    await new Promise((resolve) => socket.once("connect", resolve));
  }
  await logsIn(world);
  for (const socket of sockets) socket.destroy();
});

test("a school can have so many connections, and all schools together so many", async () => {
  await using world = await startWorld({ limits: { sessionsPerSchool: 2 } });
  const first = await connect(world.server.port);
  const second = await connect(world.server.port);
  await assert.rejects(connect(world.server.port));
  assert.match(String(world.logs.at(-1)!.fields.why), /the school has 2 connections open/);
  const gone = closed(first);
  first.end();
  await gone;
  await logsIn(world);
  second.end();

  await using small = await startWorld({ limits: { sessions: 1 } });
  const only = await connect(small.server.port);
  await assert.rejects(connect(small.server.port));
  assert.match(String(small.logs.at(-1)!.fields.why), /1 connections are open/);
  only.end();
});

test("a connection without requests is ended after the idle time, where there is one", async () => {
  const clock = new Clock();
  await using world = await startWorld({ limits: { idleMs: 2_000 }, after: clock.after });
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  const gone = closed(client);
  clock.pass(1_999);
  await call((done) => sftp.open("/inbound/roster.csv", "w", done));
  clock.pass(1_999);
  await call((done) => sftp.stat("/inbound", done));
  clock.pass(2_000);
  await gone;
  await until(() => world.home.left === 1);
  assert.equal(world.home.files.get("/inbound/roster.csv")!.ended, "abandoned");
  assert.ok(world.logs.some(({ event }) => event === "sftp.idle"));
});

test("a client that sends and sends and never reads is dropped", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/big.csv", Buffer.alloc(250_000));
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/big.csv", 1);
  raw.channel.pause();
  const gone = closed(client);
  for (let i = 0; i < 9000; i++) {
    raw.send(TYPE.read, string(handle), uint64(0), uint32(250_000));
  }
  await gone;
  await until(() => world.home.left === 1);
  assert.ok(world.logs.some(({ event }) => event === "sftp.broken"));
  await logsIn(world);
});

test("a school whose sessions read no answers keeps 32 MiB of requests waiting, however many they are", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/big.csv", Buffer.alloc(250_000));
  const client = await connect(world.server.port);
  const gone = closed(client);
  const junk = Buffer.alloc(200_000);
  const opened: { raw: RawSftp; handle: Buffer }[] = [];
  for (let channel = 0; channel < 10; channel++) {
    const raw = await RawSftp.open(client);
    opened.push({ raw, handle: await raw.open("/inbound/big.csv", 1) });
  }
  for (const { raw, handle } of opened) {
    raw.channel.pause();
    for (let i = 0; i < 20; i++) {
      raw.send(TYPE.read, string(handle), uint64(0), uint32(250_000));
    }
    // Less than a session alone may keep.
    for (let i = 0; i < 35; i++) raw.send(TYPE.write, string(handle), uint64(0), string(junk));
  }
  await gone;
  await until(() => world.logs.some(({ event }) => event === "sftp.broken"));
  await logsIn(world);
});

test("a channel that takes no packets, or very small ones, gets no session and stops nobody", async () => {
  await using world = await startWorld();
  for (const packetSize of [0, 1, 1023]) {
    const client = await connect(world.server.port);
    const { _protocol: protocol } = client as unknown as {
      _protocol: { session(channel: number, window: number, packetSize: number): void };
    };
    const session = protocol.session.bind(protocol);
    protocol.session = (channel, window) => session(channel, window, packetSize);
    await assert.rejects(call((done) => client.sftp(done)), /subsystem/i);
    client.end();
  }
  assert.equal(world.logs.filter(({ event }) => event === "sftp.small_packets").length, 3);
  await logsIn(world);
});

test("a connection has at most ten channels, and gets room back when one closes", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const sessions = [];
  for (let i = 0; i < 10; i++) sessions.push(await openSftp(client));
  await assert.rejects(openSftp(client), /Channel open failure/);
  sessions[0]!.end();
  await until(() => world.home.left === 1);
  await openSftp(client);
  // A channel without a subsystem is closed when the client closes it, too.
  sessions[1]!.end();
  await until(() => world.home.left === 2);
  await assert.rejects(call((done) => client.exec("id", done)), /Unable to exec/);
  const { _channels } = (client as unknown as InnerClient)._chanMgr;
  const unused = Object.values(_channels).at(-1)!;
  const answered = new Promise<void>((resolve) => unused.once("close", resolve));
  unused.resume().close();
  await answered;
  await openSftp(client);
  client.end();
});
