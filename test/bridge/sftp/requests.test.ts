import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileEntryWithStats, SFTPWrapper, Stats } from "ssh2";
import { call, connect, openSftp, startWorld } from "./harness.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "./raw-sftp.ts";
import { until } from "../../until.ts";

const NO_SUCH_FILE = 2, PERMISSION_DENIED = 3, FAILURE = 4, BAD_MESSAGE = 5, UNSUPPORTED = 8;

async function enter(world: Awaited<ReturnType<typeof startWorld>>) {
  const client = await connect(world.server.port);
  const sftp = await openSftp(client);
  return { sftp, [Symbol.dispose]: () => void client.end() };
}

function fails(code: number, message: RegExp) {
  return (error: Error & { code?: number }) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

const open = (sftp: SFTPWrapper, path: string, mode: "r" | "w" | "r+" | "wx" | "a" = "r") =>
  call<Buffer>((done) => sftp.open(path, mode, done));

test("files: write, overwrite, append, resume at an offset, read", async () => {
  await using world = await startWorld();
  using session = await enter(world);
  const { sftp } = session;
  const path = "/inbound/roster.csv";
  const text = () => world.home.files.get(path)!.bytes.toString();
  await call((done) => sftp.writeFile(path, "one two", done));
  assert.equal(text(), "one two");
  await call((done) => sftp.writeFile(path, "three", done));
  assert.equal(text(), "three");
  await call((done) => sftp.appendFile(path, " four", done));
  assert.equal(text(), "three four");
  const handle = await open(sftp, path, "r+");
  await call((done) => sftp.write(handle, Buffer.from("FOUR five"), 0, 9, 6, done));
  await call((done) => sftp.close(handle, done));
  assert.equal(text(), "three FOUR five");
  assert.equal(String(await call((done) => sftp.readFile(path, done))), "three FOUR five");
  await assert.rejects(open(sftp, path, "wx"), fails(FAILURE, /exists already/));
});

test("READ at the end of a file gives SSH_FX_EOF, and no read is longer than 256 KiB", async () => {
  await using world = await startWorld();
  world.home.put("/outbound/big.csv", Buffer.alloc(1_000_000, "x"));
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const handle = await raw.open("/outbound/big.csv", 1);
  const read = (offset: number, length: number) =>
    raw.send(TYPE.read, string(handle), uint64(offset), uint32(length));
  const long = await raw.reply(read(0, 900_000));
  assert.equal(long.type, 103);
  assert.equal(long.body.readUInt32BE(), 255 * 1024);
  assert.equal((await raw.reply(read(999_999, 100))).body.readUInt32BE(), 1);
  assert.equal((await raw.status(read(1_000_000, 100))).code, 1);
  assert.equal((await raw.status(read(2 ** 60, 100))).code, FAILURE);
  client.end();
});

test("STAT, LSTAT and FSTAT tell kind, size, permissions and times", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/roster.csv", "12345", 1_700_000_001.7);
  using session = await enter(world);
  const { sftp } = session;
  const handle = await open(sftp, "/inbound/roster.csv");
  for (
    const stats of [
      await call<Stats>((done) => sftp.stat("/inbound/roster.csv", done)),
      await call<Stats>((done) => sftp.lstat("inbound/roster.csv", done)),
      await call<Stats>((done) => sftp.fstat(handle, done)),
    ]
  ) {
    assert.ok(stats.isFile());
    assert.equal(stats.size, 5);
    assert.equal(stats.mode & 0o777, 0o644);
    assert.equal(stats.mtime, 1_700_000_001);
  }
  assert.ok((await call<Stats>((done) => sftp.stat("/inbound", done))).isDirectory());
  const none = call((done) => sftp.stat("/inbound/none", done));
  await assert.rejects(none, fails(NO_SUCH_FILE, /There is no \/inbound\/none/));
});

test("`chmod`, `chown` and setting times succeed (times are kept); a size truncates", async () => {
  await using world = await startWorld();
  const file = world.home.put("/inbound/roster.csv", "12345");
  using session = await enter(world);
  const { sftp } = session;
  await call((done) => sftp.chmod("/inbound/roster.csv", 0o600, done));
  await call((done) => sftp.chown("/inbound/roster.csv", 1000, 1000, done));
  assert.deepEqual({ ...file, bytes: String(file.bytes) }, {
    bytes: "12345",
    modifiedAt: 1_700_000_000,
    accessedAt: 1_700_000_000,
  });
  await call((done) => sftp.utimes("/inbound/roster.csv", 1_600_000_000, 1_600_000_001, done));
  assert.deepEqual([file.accessedAt, file.modifiedAt], [1_600_000_000, 1_600_000_001]);
  const handle = await open(sftp, "/inbound/roster.csv", "r+");
  await call((done) => sftp.fchmod(handle, 0o600, done));
  await call((done) => sftp.futimes(handle, 1_500_000_000, 1_500_000_001, done));
  assert.deepEqual([file.accessedAt, file.modifiedAt], [1_500_000_000, 1_500_000_001]);
  await call((done) => sftp.setstat("/inbound/roster.csv", { size: 2 } as Stats, done));
  assert.equal(String(file.bytes), "12");
  const none = call((done) => sftp.chmod("/inbound/none", 0o600, done));
  await assert.rejects(none, fails(NO_SUCH_FILE, /There is no/));
});

test("REALPATH answers the cleaned path, which never leaves the home", async () => {
  await using world = await startWorld();
  using session = await enter(world);
  const { sftp } = session;
  const real = (path: string) => call<string>((done) => sftp.realpath(path, done));
  assert.equal(await real("."), "/");
  assert.equal(await real("inbound/../../../etc/passwd"), "/etc/passwd");
});

test("a folder of many files is listed whole, in answers of at most two hundred, with real longnames", async () => {
  await using world = await startWorld();
  for (let i = 0; i < 450; i++) world.home.put(`/inbound/roster-${i}.csv`, "x".repeat(i));
  using session = await enter(world);
  const { sftp } = session;
  const handle = await call<Buffer>((done) => sftp.opendir("/inbound", done));
  const counts: number[] = [];
  const names = new Set<string>();
  const next = () => call<FileEntryWithStats[]>((done) => sftp.readdir(handle, done));
  for (let i = 0; i < 3; i++) {
    const entries = await next();
    counts.push(entries.length);
    for (const { filename, longname, attrs } of entries) {
      names.add(filename);
      assert.match(longname, /^-rw-r--r-- +1 school +school +\d+ Nov 14 ( 2023|\d\d:\d\d) roster-/);
      assert.equal(attrs.size, Number(/\d+/.exec(filename)![0]));
    }
  }
  assert.deepEqual(counts, [200, 200, 50]);
  assert.equal(names.size, 450);
  await assert.rejects(next(), fails(1, /End of file/));
});

test("an answer of the longest names fits the 128 KiB that sshfs takes", async () => {
  await using world = await startWorld();
  const longest = (i: number) => String(i).padEnd(255, "x");
  for (let i = 0; i < 250; i++) world.home.put(`/inbound/${longest(i)}`, "x");
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const { body: handle } = await raw.reply(raw.send(11, string("/inbound")));
  const { body } = await raw.reply(raw.send(12, handle));
  assert.equal(body.readUInt32BE(), 200);
  // The school's slug may have 32 letters and a size 16 digits, where columns are 8 wide here.
  const longer = 200 * (24 + 8);
  assert.ok(5 + body.length + longer <= 128 * 1024, String(body.length));
  client.end();
});

test("rename within /inbound; a plain RENAME never replaces, `posix-rename@openssh.com` does", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/a.csv", "a");
  world.home.put("/inbound/b.csv", "b");
  using session = await enter(world);
  const { sftp } = session;
  const taken = call((done) => sftp.rename("/inbound/a.csv", "/inbound/b.csv", done));
  await assert.rejects(taken, fails(FAILURE, /exists already/));
  // ssh2's client asks for an extension only when it was advertised.
  Object.assign((sftp as unknown as { _extensions: object })._extensions, {
    "posix-rename@openssh.com": "1",
    "fsync@openssh.com": "1",
    "hardlink@openssh.com": "1",
  });
  await call((done) => sftp.ext_openssh_rename("/inbound/a.csv", "/inbound/b.csv", done));
  assert.deepEqual([...world.home.files.keys()], ["/inbound/b.csv"]);
  assert.equal(String(world.home.files.get("/inbound/b.csv")!.bytes), "a");
  const handle = await open(sftp, "/inbound/b.csv", "r+");
  await call((done) => sftp.ext_openssh_fsync(handle, done));
  assert.equal(world.home.files.get("/inbound/b.csv")!.synced, 1);
  const link = call((done) => sftp.ext_openssh_hardlink("/inbound/b.csv", "/inbound/c.csv", done));
  await assert.rejects(link, fails(PERMISSION_DENIED, /link is not allowed/));
});

test("`mkdir`, `rmdir`, `symlink` and writing into /outbound are refused with a sentence", async () => {
  await using world = await startWorld();
  using session = await enter(world);
  const { sftp } = session;
  const refusals: [string, Promise<unknown>][] = [
    ["mkdir", call((done) => sftp.mkdir("/inbound/new", done))],
    ["rmdir", call((done) => sftp.rmdir("/inbound", done))],
    ["symlink", call((done) => sftp.symlink("/etc/passwd", "/inbound/x", done))],
    ["readlink", call((done) => sftp.readlink("/inbound/x", done))],
  ];
  for (const [name, refusal] of refusals) {
    await assert.rejects(refusal, fails(PERMISSION_DENIED, new RegExp(`${name} is not allowed`)));
  }
  const outbound = open(sftp, "/outbound/x.csv", "w");
  await assert.rejects(outbound, fails(PERMISSION_DENIED, /nothing was changed/));
  assert.equal(world.home.files.size, 0);
});

test("delete one's own", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/roster.csv", "");
  using session = await enter(world);
  const { sftp } = session;
  await call((done) => sftp.unlink("/inbound/roster.csv", done));
  assert.equal(world.home.files.size, 0);
  const again = call((done) => sftp.unlink("/inbound/roster.csv", done));
  await assert.rejects(again, fails(NO_SUCH_FILE, /There is no/));
});

test("unknown extensions and senseless requests get a status, and the session goes on", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const raw = await RawSftp.open(client);
  const status = (...request: Parameters<RawSftp["send"]>) => raw.status(raw.send(...request));
  const unknown = await status(TYPE.extended, string("copy-data"), string("x"));
  assert.equal(unknown.code, UNSUPPORTED);
  assert.notEqual(unknown.message, "");
  // LINK and BLOCK of later versions of the protocol, and what is in none.
  for (const kind of [21, 22, 99]) {
    const strange = await status(kind, string("/inbound/a"), string("/inbound/b"));
    assert.equal(strange.code, UNSUPPORTED, `request ${kind}`);
  }
  const cut = await status(TYPE.extended, string("posix-rename@openssh.com"), uint32(9999));
  assert.equal(cut.code, BAD_MESSAGE);
  const noMode = await status(TYPE.open, string("/inbound/a"), uint32(0), uint32(0));
  assert.equal(noMode.code, BAD_MESSAGE);
  for (const handle of ["", "abc", "\0\0\0\x09", "far too long to be one of ours"]) {
    assert.deepEqual(await status(TYPE.close, string(handle)), {
      code: FAILURE,
      message: "invalid handle",
    });
    const read = await status(TYPE.read, string(handle), uint64(0), uint32(10));
    assert.equal(read.message, "invalid handle");
  }
  client.end();
});

test("a handle serves what it was opened for, until it is closed, in its own session", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/roster.csv", "abc");
  using session = await enter(world);
  const { sftp } = session;
  const reading = await open(sftp, "/inbound/roster.csv");
  const writing = await open(sftp, "/inbound/new.csv", "w");
  const folder = await call<Buffer>((done) => sftp.opendir("/inbound", done));
  const write = (handle: Buffer) =>
    call((done) => sftp.write(handle, Buffer.from("x"), 0, 1, 0, done));
  const read = (handle: Buffer) =>
    call((done) => sftp.read(handle, Buffer.alloc(9), 0, 9, 0, done as () => void));
  await assert.rejects(write(reading), fails(PERMISSION_DENIED, /for reading only/));
  await assert.rejects(read(writing), fails(PERMISSION_DENIED, /for writing only/));
  await assert.rejects(write(folder), fails(FAILURE, /invalid handle/));
  await assert.rejects(
    call((done) => sftp.readdir(reading, done)),
    fails(FAILURE, /invalid handle/),
  );
  const truncate = call((done) => sftp.fsetstat(reading, { size: 0 } as Stats, done));
  await assert.rejects(truncate, fails(PERMISSION_DENIED, /for reading only/));
  await call((done) => sftp.close(reading, done));
  await assert.rejects(read(reading), fails(FAILURE, /invalid handle/));
  using other = await enter(world);
  const foreign = call((done) => other.sftp.fstat(writing, done));
  await assert.rejects(foreign, fails(FAILURE, /invalid handle/));
});

test("64 handles can be open in a session; the next is refused with a sentence, and room comes back", async () => {
  await using world = await startWorld();
  world.home.put("/inbound/roster.csv", "");
  using session = await enter(world);
  const { sftp } = session;
  const handles: Buffer[] = [];
  for (let i = 0; i < 64; i++) handles.push(await open(sftp, "/inbound/roster.csv"));
  await assert.rejects(open(sftp, "/inbound/roster.csv"), fails(FAILURE, /64 files and folders/));
  const folder = call((done) => sftp.opendir("/inbound", done));
  await assert.rejects(folder, fails(FAILURE, /close one of them/));
  await call((done) => sftp.close(handles[0]!, done));
  await open(sftp, "/inbound/roster.csv");
});

test("a fault of the service's own is a neutral sentence to the client and a log line without values", async () => {
  await using world = await startWorld();
  world.home.stat = () => Promise.reject(new TypeError("value 'Ann Archer' is undefined"));
  using session = await enter(world);
  const { sftp } = session;
  const fault = call((done) => sftp.stat("/inbound/ann-archer.csv", done));
  await assert.rejects(fault, fails(FAILURE, /fault of its own\. Try again later/));
  const lines = world.logs.filter(({ event }) => event === "sftp.fault");
  assert.equal(lines.length, 1);
  assert.equal(lines[0]!.fields.request, "STAT");
  assert.equal(lines[0]!.fields.error, "TypeError");
  assert.doesNotMatch(JSON.stringify(lines), /archer/i);
});

test("several sessions on one connection have a home each; one client may close one of them", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port);
  const [first, second] = [await openSftp(client), await openSftp(client)];
  assert.equal(world.visitors.length, 2);
  first.end();
  await until(() => world.home.left === 1);
  await call((done) => second.writeFile("/inbound/roster.csv", "x", done));
  client.end();
});
