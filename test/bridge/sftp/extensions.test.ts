import assert from "node:assert/strict";
import { test } from "node:test";
import type { SFTPWrapper } from "ssh2";
import { call, connect, openSftp, OpenSsh, startWorld } from "./harness.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "./raw-sftp.ts";

/** ssh2's client keeps what VERSION named. */
const advertised = (sftp: SFTPWrapper) =>
  (sftp as unknown as { _extensions: Record<string, string> })._extensions;

test("VERSION names what the server can do, and nothing else", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  assert.deepEqual({ ...advertised(await openSftp(client)) }, {
    "posix-rename@openssh.com": "1",
    "fsync@openssh.com": "1",
    "limits@openssh.com": "1",
    "lsetstat@openssh.com": "1",
    "statvfs@openssh.com": "2",
    "fstatvfs@openssh.com": "2",
  });
  client.end();
});

test("a home that knows no room offers no statvfs", async () => {
  await using world = await startWorld();
  Object.assign(world.home, { room: undefined });
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  assert.equal(advertised(sftp)["statvfs@openssh.com"], undefined);
  const raw = await RawSftp.open(client);
  const asked = raw.send(TYPE.extended, string("statvfs@openssh.com"), string("/"));
  assert.equal((await raw.status(asked)).code, 8);
  client.end();
});

test("posix-rename replaces, lsetstat sets times, fsync reaches the disk", async () => {
  await using world = await startWorld();
  const roster = world.home.put("/inbound/roster.csv.tmp", "new");
  world.home.put("/inbound/roster.csv", "old");
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const extended = (name: string, ...body: Buffer[]) =>
    raw.send(TYPE.extended, string(name), ...body);
  const [from, to] = [string("/inbound/roster.csv.tmp"), string("/inbound/roster.csv")];
  assert.equal((await raw.status(extended("posix-rename@openssh.com", from, to))).code, 0);
  assert.equal(world.home.files.get("/inbound/roster.csv"), roster);
  const times = Buffer.concat([uint32(8), uint32(1_600_000_000), uint32(1_600_000_001)]);
  assert.equal((await raw.status(extended("lsetstat@openssh.com", to, times))).code, 0);
  assert.deepEqual([roster.accessedAt, roster.modifiedAt], [1_600_000_000, 1_600_000_001]);
  const handle = await raw.open("/inbound/roster.csv", 2);
  assert.equal((await raw.status(extended("fsync@openssh.com", string(handle)))).code, 0);
  assert.equal(roster.synced, 1);
  client.end();
});

test("limits tell what the server takes, and it takes that", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const { type, body } = await raw.reply(raw.send(TYPE.extended, string("limits@openssh.com")));
  assert.equal(type, 201);
  const limits = [0, 8, 16, 24].map((at) => Number(body.readBigUInt64BE(at)));
  assert.deepEqual(limits, [262_144, 261_120, 261_120, 64]);
  const handle = await raw.open("/inbound/roster.csv", 0x0b);
  const bytes = Buffer.alloc(limits[2]!, "x");
  const write = raw.send(TYPE.write, string(handle), uint64(0), string(bytes));
  assert.equal((await raw.status(write)).code, 0);
  const read = raw.send(TYPE.read, string(handle), uint64(0), uint32(limits[1]!));
  assert.equal((await raw.reply(read)).body.readUInt32BE(), limits[1]);
  client.end();
});

test("offsets of 64 bits are exact: what no file can have is refused, not rounded", async () => {
  await using world = await startWorld();
  const offsets: number[] = [];
  world.home.beforeWrite = (_count, offset) => {
    offsets.push(offset);
    throw new Error("not written");
  };
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  for (const offset of [2n ** 53n - 2n, 2n ** 53n, 2n ** 64n - 1n]) {
    const handle = await raw.open("/inbound/roster.csv", 0x0a);
    await raw.status(raw.send(TYPE.write, string(handle), uint64(offset), string("x")));
  }
  assert.deepEqual(offsets, [2 ** 53 - 2]);
  client.end();
});

test("OpenSSH's df shows the school's room, its rename replaces, its -f syncs", async () => {
  await using world = await startWorld();
  const old = world.home.put("/inbound/roster.csv", "old");
  using ssh = new OpenSsh(world.server.port);
  const local = ssh.file("roster.csv", "new");
  const batch = [
    "df inbound",
    `put -f ${local} inbound/roster.csv.tmp`,
    "rename inbound/roster.csv.tmp inbound/roster.csv",
  ].join("\n");
  const { status, output, errors } = await ssh.sftp(batch);
  assert.equal(status, 0, errors);
  assert.match(output, /65536 +16384 +49152 +49152 +25%/);
  const stored = world.home.files.get("/inbound/roster.csv")!;
  assert.notEqual(stored, old);
  assert.deepEqual([String(stored.bytes), stored.synced], ["new", 1]);
});

test("TRACE=sftp logs a session's packets without what is in them", async () => {
  await using world = await startWorld({ tracing: true });
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  await call((done) => sftp.writeFile("/inbound/roster.csv", "Ann Archer", done));
  await call((done) => sftp.readFile("/inbound/roster.csv", done));
  const lines = world.logs.filter(({ event }) => /^sftp\.(request|answer)$/.test(event));
  const write = lines.find(({ fields }) => fields.type === "WRITE")!.fields;
  assert.deepEqual([write.session, write.offset, write.bytes, write.slug], [1, "0", 10, "school"]);
  assert.ok(lines.some(({ fields }) => fields.type === "DATA" && fields.bytes === 10));
  assert.doesNotMatch(JSON.stringify(lines), /Archer/);
  client.end();
});
