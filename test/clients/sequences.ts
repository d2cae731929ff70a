/**
 * Clients with windows, which no test can start, as the packets that they send: WinSCP (`.filepart`,
 * rename, set-times and permissions after CLOSE, resume) and FileZilla (times after CLOSE, over an
 * existing name without a temporary one).
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { connect } from "../bridge/sftp/harness.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "../bridge/sftp/raw-sftp.ts";
import { type School, type Service, startService } from "../end-to-end/service.ts";

const REALPATH = 16, LSTAT = 7, REMOVE = 13, OK = 0, NO_SUCH_FILE = 2, DENIED = 3;
const TIMES = Buffer.concat([uint32(8), uint32(1_600_000_000), uint32(1_600_000_000)]);
const PERMISSIONS = Buffer.concat([uint32(4), uint32(0o644)]);
const CHUNK = 32_768;
const content = randomBytes(400_000);

let service: Service;
before(async () => {
  // As in production: the packets after CLOSE find the file under its plain name.
  service = await startService({ bridge: { SETTLE_MS: "2000" } });
});
after(() => service.stop());

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
  again.end();
});

test("FileZilla: straight to the name, times after CLOSE, and what it is refused", async () => {
  const school = await service.addSchool("filezilla");
  const { raw, end } = await enter(school);
  const target = "/inbound/roster.dat";
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
  assert.equal(await code(raw, REMOVE, string(target)), OK);
  end();
});
