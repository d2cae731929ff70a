import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createConnection, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Refusal } from "../../../bridge/home/home.ts";
import { call, connect, openSftp, OpenSsh, startWorld, type World } from "./harness.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "./raw-sftp.ts";
import { until } from "../../until.ts";

const FAILURE = 4;
const WRITE_CREATE = 0x0a;

/** Waits until a count stands still while another session is answered again and again. */
async function standstill(world: World, count: () => number): Promise<void> {
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  for (let before = -1; count() !== before;) {
    before = count();
    for (let i = 0; i < 50; i++) await call((done) => sftp.stat("/inbound", done));
  }
  client.end();
}

const stored = ({ home }: World) => home.files.get("/inbound/roster.csv")!;

test("pipelined writes of one handle land in order whatever order the asynchronous work ends in", async () => {
  await using world = await startWorld();
  // Earlier writes take longer than later ones.
  world.home.beforeWrite = (count) =>
    new Promise((resolve) => setTimeout(resolve, count % 7 === 0 ? 6 : 0));
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/roster.csv", WRITE_CREATE);
  let last = 0;
  for (let i = 0; i < 64; i++) {
    // All to the same place: the last one must win.
    last = raw.send(TYPE.write, string(handle), uint64(0), string(String(i).padStart(4)));
  }
  const stat = raw.send(TYPE.stat, string("/inbound/roster.csv"));
  const close = raw.send(TYPE.close, string(handle));
  const rename = raw.send(TYPE.rename, string("/inbound/roster.csv"), string("/inbound/b.csv"));
  assert.equal((await raw.status(rename)).code, 0);
  assert.equal(String(world.home.files.get("/inbound/b.csv")!.bytes), "  63");
  const order = raw.replies.slice(-4).map(({ id }) => id);
  assert.deepEqual(order, [last, stat, close, rename], "answered in the order of the requests");
  client.end();
});

test("an upload by OpenSSH's pipelined writes is whole when every write takes its time", async () => {
  await using world = await startWorld();
  world.home.beforeWrite = () => new Promise((resolve) => setImmediate(resolve));
  using ssh = new OpenSsh(world.server.port);
  const content = randomBytes(4_000_000);
  const local = ssh.file("roster.csv", content);
  const { status, errors } = await ssh.sftp(`put ${local} inbound/roster.csv`);
  assert.equal(status, 0, errors);
  assert.ok(stored(world).bytes.equals(content));
  assert.equal(stored(world).ended, "closed");
});

test("a failed write fails that write, all later ones and the file's CLOSE", async () => {
  await using world = await startWorld();
  world.home.beforeWrite = (count) => {
    if (count === 2) throw new Refusal("failure", "The file is too large; 2 bytes were kept.");
  };
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/roster.csv", WRITE_CREATE);
  const ids = [0, 1, 2, 3, 4].map((at) =>
    raw.send(TYPE.write, string(handle), uint64(at), string("x"))
  );
  const statuses = await Promise.all(ids.map((id) => raw.status(id)));
  assert.deepEqual(statuses.map(({ code }) => code), [0, 0, FAILURE, FAILURE, FAILURE]);
  const close = await raw.status(raw.send(TYPE.close, string(handle)));
  assert.deepEqual(close, { code: FAILURE, message: "The file is too large; 2 bytes were kept." });
  assert.equal(world.home.writes, 3, "no write is tried after one that failed");
  assert.equal(stored(world).ended, "abandoned", "kept as a partial file");
  client.end();
});

test("a write beyond what any file can be fails the file's CLOSE like every failed write", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/roster.csv", WRITE_CREATE);
  const beyond = Buffer.alloc(8, 0xff);
  const write = raw.send(TYPE.write, string(handle), beyond, string("x"));
  assert.equal((await raw.status(write)).code, FAILURE);
  const close = raw.send(TYPE.close, string(handle));
  assert.equal((await raw.status(close)).code, FAILURE);
  assert.notEqual(stored(world).ended, "closed");
  client.end();
});

test("OpenSSH's put fails when a write fails", async () => {
  await using world = await startWorld();
  world.home.beforeWrite = (count) => {
    if (count === 3) throw new Refusal("failure", "The service's disk is full.");
  };
  using ssh = new OpenSsh(world.server.port);
  const local = ssh.file("roster.csv", randomBytes(1_000_000));
  const { status } = await ssh.sftp(`put ${local} inbound/roster.csv`);
  assert.equal(status, 1);
  assert.equal(stored(world).ended, "abandoned");
});

test("when the connection drops every open file is abandoned, then the home is left once", async () => {
  await using world = await startWorld();
  const steps: string[] = [];
  const leave = world.home.leave.bind(world.home);
  world.home.leave = () => {
    steps.push(`leave, file ${stored(world).ended}`);
    return leave();
  };
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  const handle = await call<Buffer>((done) => sftp.open("/inbound/roster.csv", "w", done));
  await call((done) => sftp.write(handle, Buffer.from("part"), 0, 4, 0, done));
  const socket = (client as unknown as { _sock: Socket })._sock;
  socket.resetAndDestroy();
  await until(() => world.home.left > 0);
  assert.deepEqual(steps, ["leave, file abandoned"]);
  assert.equal(String(stored(world).bytes), "part");
});

test("what arrived before the connection dropped is kept, a CLOSE among it is done", async () => {
  await using world = await startWorld();
  let go!: () => void;
  const gate = new Promise<void>((resolve) => go = resolve);
  world.home.beforeWrite = () => gate;
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/roster.csv", WRITE_CREATE);
  raw.send(TYPE.write, string(handle), uint64(0), string("whole"));
  raw.send(TYPE.close, string(handle));
  // An answer to a request on a second channel shows that the others have arrived.
  const other = await openSftp(client);
  await call((done) => other.stat("/inbound", done));
  client.end();
  await until(() => world.home.left === 1, "the second session to end");
  go();
  await until(() => world.home.left === 2);
  assert.equal(String(stored(world).bytes), "whole");
  assert.equal(stored(world).ended, "closed");
});

test("a session that writes faster than the disk is held back, so that memory stays bounded", async () => {
  await using world = await startWorld();
  let go!: () => void;
  const gate = new Promise<void>((resolve) => go = resolve);
  world.home.beforeWrite = () => gate;
  // Between client and server, to see how much the server takes.
  let taken = 0;
  const proxy = createServer((socket) => {
    const through = createConnection(world.server.port, "127.0.0.1");
    socket.on("data", (bytes) => taken += bytes.length);
    socket.pipe(through).pipe(socket);
    socket.on("error", () => through.destroy());
    through.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  proxy.unref();
  const client = await connect((proxy.address() as { port: number }).port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/roster.csv", WRITE_CREATE);
  const piece = Buffer.alloc(32_000, "x");
  const ids: number[] = [];
  for (let i = 0; i < 1000; i++) {
    ids.push(raw.send(TYPE.write, string(handle), uint64(i % 10 * 32_000), string(piece)));
  }
  // Everything that fits into the system's buffers flows; then it must stand still.
  await standstill(world, () => taken);
  assert.ok(taken < 24_000_000, `${taken} of 32 MB were taken`);
  go();
  assert.equal((await raw.status(ids.at(-1)!)).code, 0);
  assert.equal(stored(world).bytes.length, 320_000);
  assert.equal(world.home.writes, 1000);
  client.end();
  proxy.close();
});

test("a client that does not read its answers gets no more read for it, and may go on later", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/roster.csv", Buffer.alloc(200_000, "x"));
  let reads = 0;
  const open = world.home.open.bind(world.home);
  world.home.open = async (path, mode) => {
    const file = await open(path, mode);
    return { ...file, read: (offset, length) => (reads++, file.read(offset, length)) };
  };
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/inbound/roster.csv", 1);
  raw.channel.pause();
  const ids: number[] = [];
  for (let i = 0; i < 500; i++) {
    ids.push(raw.send(TYPE.read, string(handle), uint64(0), uint32(200_000)));
  }
  await standstill(world, () => reads);
  assert.ok(reads < 100, `${reads} of 500 were read`);
  raw.channel.resume();
  assert.equal((await raw.reply(ids.at(-1)!)).body.readUInt32BE(), 200_000);
  assert.equal(reads, 500);
  client.end();
});
