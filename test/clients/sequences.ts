/**
 * Clients with windows, which no test can start, as the packets that they send: WinSCP (`.filepart`,
 * rename, set-times and permissions after CLOSE) and FileZilla (times after CLOSE, over an existing
 * name without a temporary one). Both go on after a cut, list, download and delete, and are refused.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { connect } from "../bridge/sftp/harness.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "../bridge/sftp/raw-sftp.ts";
import { type School, type Service, startService } from "../end-to-end/service.ts";

const REALPATH = 16, LSTAT = 7, REMOVE = 13, OPENDIR = 11, READDIR = 12;
const OK = 0, EOF = 1, NO_SUCH_FILE = 2, DENIED = 3;
const TIMES = Buffer.concat([uint32(8), uint32(1_600_000_000), uint32(1_600_000_000)]);
const PERMISSIONS = Buffer.concat([uint32(4), uint32(0o644)]);
const CHUNK = 32_768;
const content = randomBytes(400_000);

let service: Service;
before(async () => {
  // As in production: the packets after CLOSE find the file under its plain name.
  service = await startService({ bridge: { SETTLE_MS: "2000" } });
});
after(() => service[Symbol.asyncDispose]());

async function enter(school: School): Promise<{ raw: RawSftp; end(): void }> {
  const client = await connect(service.sftpPort, {
    username: school.slug,
    privateKey: school.privateKey,
  });
  const raw = await RawSftp.open(client);
  return { raw, end: () => void client.end() };
}

async function write(raw: RawSftp, path: string, flags: number, bytes: Buffer, at = 0) {
  const handle = await raw.open(path, flags);
  const sent: number[] = [];
  for (let from = 0; from < bytes.length; from += CHUNK) {
    const piece = string(bytes.subarray(from, from + CHUNK));
    sent.push(raw.send(TYPE.write, string(handle), uint64(at + from), piece));
  }
  for (const id of sent) assert.equal((await raw.status(id)).code, OK);
  return handle;
}

const code = async (raw: RawSftp, type: number, ...fields: Buffer[]) =>
  (await raw.status(raw.send(type, ...fields))).code;

/** READs that are under way at one time, as both send them, until one answers with the end. */
async function download(raw: RawSftp, path: string): Promise<Buffer> {
  const handle = await raw.open(path, 0x01);
  const pieces: Buffer[] = [];
  for (let at = 0;; at += 4 * CHUNK) {
    const ids = [0, 1, 2, 3].map((i) =>
      raw.send(TYPE.read, string(handle), uint64(at + i * CHUNK), uint32(CHUNK))
    );
    for (const id of ids) {
      const { type, body } = await raw.reply(id);
      if (type === TYPE.status) assert.equal(body.readUInt32BE(), EOF);
      else pieces.push(body.subarray(4));
    }
    if ((await raw.reply(ids.at(-1)!)).type === TYPE.status) break;
  }
  assert.equal(await code(raw, TYPE.close, string(handle)), OK);
  return Buffer.concat(pieces);
}

/** Each `longname` of a folder, which both show from. */
async function listed(raw: RawSftp, folder: string): Promise<string[]> {
  const { body: handle } = await raw.reply(raw.send(OPENDIR, string(folder)));
  const lines: string[] = [];
  for (;;) {
    const { type, body } = await raw.reply(raw.send(READDIR, handle));
    if (type === TYPE.status) break;
    for (let count = body.readUInt32BE(), at = 4; count > 0; count--) {
      at += 4 + body.readUInt32BE(at);
      const end = at + 4 + body.readUInt32BE(at);
      lines.push(String(body.subarray(at + 4, end)));
      at = end + 32;
    }
  }
  assert.equal(await code(raw, TYPE.close, handle), OK);
  return lines;
}

test("WinSCP: .filepart, rename, times and permissions, over an existing name, resume", async () => {
  const school = await service.addSchool("winscp");
  const { raw, end } = await enter(school);
  const target = "/inbound/roster.dat", part = `${target}.filepart`;
  for (let round = 0; round < 2; round++) {
    assert.equal((await raw.reply(raw.send(REALPATH, string(".")))).type, 104);
    const handle = await write(raw, part, 0x1a, content);
    assert.equal(await code(raw, TYPE.close, string(handle)), OK);
    // The old one goes first, when there is one.
    const there = await raw.reply(raw.send(LSTAT, string(target)));
    if (there.type === 105) assert.equal(await code(raw, REMOVE, string(target)), OK);
    assert.equal(await code(raw, TYPE.rename, string(part), string(target)), OK);
    assert.equal(await code(raw, TYPE.setstat, string(target), PERMISSIONS), OK);
    assert.equal(await code(raw, TYPE.setstat, string(target), TIMES), OK);
  }
  assert.ok((await school.get(target)).equals(content));
  // A connection that is cut leaves .filepart; WinSCP goes on at its size.
  await write(raw, part, 0x1a, content.subarray(0, 200_000));
  end();
  const again = await enter(school);
  const { body } = await again.raw.reply(again.raw.send(TYPE.stat, string(part)));
  const size = Number(body.readBigUInt64BE(4));
  assert.ok(size > 0 && size <= 200_000, String(size));
  const handle = await write(again.raw, part, 0x02, content.subarray(size), size);
  assert.equal(await code(again.raw, TYPE.close, string(handle)), OK);
  assert.equal(await code(again.raw, REMOVE, string(target)), OK);
  assert.equal(await code(again.raw, TYPE.rename, string(part), string(target)), OK);
  assert.ok((await school.get(target)).equals(content));
  assert.match((await listed(again.raw, "/inbound")).join("\n"), / 400000 .* roster\.dat$/);
  assert.ok((await download(again.raw, target)).equals(content));
  // It shows the sentence: "You may write, …".
  const refused = await again.raw.status(
    again.raw.send(TYPE.open, string("/roster.csv.filepart"), uint32(0x1a), uint32(0)),
  );
  assert.equal(refused.code, DENIED);
  assert.match(refused.message, /You may write, rename and delete files in \/inbound/);
  assert.equal(await code(again.raw, REMOVE, string(target)), OK);
  assert.deepEqual(await school.names(), []);
  again.end();
});

test("FileZilla: straight to the name, times after CLOSE, and what it is refused", async () => {
  const school = await service.addSchool("filezilla");
  const first = await enter(school);
  const target = "/inbound/roster.dat";
  // Cut off, and "Resume": it opens what is there without emptying it.
  await write(first.raw, target, 0x1a, content.subarray(0, 200_000));
  first.end();
  const { raw, end } = await enter(school);
  const there = await raw.reply(raw.send(TYPE.stat, string(target)));
  const size = Number(there.body.readBigUInt64BE(4));
  assert.ok(size > 0 && size <= 200_000, String(size));
  const resumed = await write(raw, target, 0x02, content.subarray(size), size);
  assert.equal(await code(raw, TYPE.close, string(resumed)), OK);
  assert.ok((await school.get(target)).equals(content));
  for (let round = 0; round < 2; round++) {
    const handle = await write(raw, target, 0x1a, content);
    assert.equal(await code(raw, TYPE.close, string(handle)), OK);
    assert.equal(await code(raw, TYPE.setstat, string(target), TIMES), OK);
    assert.equal(await code(raw, TYPE.setstat, string(target), PERMISSIONS), OK);
  }
  assert.ok((await school.get(target)).equals(content));
  assert.equal(await code(raw, 14, string("/new"), uint32(0)), DENIED);
  assert.equal(await code(raw, TYPE.open, string("/roster.dat"), uint32(0x1a), uint32(0)), DENIED);
  assert.equal(await code(raw, TYPE.rename, string("/inbound"), string("/x")), DENIED);
  assert.equal(await code(raw, REMOVE, string("/inbound/none.dat")), NO_SUCH_FILE);
  assert.match((await listed(raw, "/inbound")).join("\n"), / 400000 .* roster\.dat$/);
  assert.ok((await download(raw, target)).equals(content));
  assert.equal(await code(raw, REMOVE, string(target)), OK);
  end();
});
