// SPEC section 2: kill -9 of the bridge in the middle of an upload, with real processes.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { makeRoster } from "../../scripts/made-roster.ts";
import { call, connect, openSftp } from "../bridge/sftp/harness.ts";
import { type School, type Service, startService, waitForName } from "./service.ts";

/** An upload that is never closed: each piece is written and synced; perhaps over a file that is closed. */
async function begin(
  { sftpPort: port }: Service,
  { slug: username, privateKey }: School,
  pieces: { at: number; bytes: Buffer }[],
  closed?: string,
): Promise<void> {
  const sftp = await openSftp(await connect(port, { username, privateKey }));
  if (closed !== undefined) {
    await call((done) => sftp.writeFile("/inbound/roster.csv", closed, done));
  }
  const handle = await call<Buffer>((done) => sftp.open("/inbound/roster.csv", "w", done));
  for (const { at, bytes } of pieces) {
    await call((done) => sftp.write(handle, bytes, 0, bytes.length, at, done));
  }
  await call((done) => sftp.ext_openssh_fsync(handle, done));
}

async function reportOf(school: School): Promise<string> {
  return (await school.get(`/inbound/${await waitForName(school, ".completed")}`)).toString();
}

test("kill -9 in the middle of an upload over a closed roster: the closed one is processed, the new one a partial file", async () => {
  await using service = await startService({ bridge: { SETTLE_MS: "60000" } });
  const school = await service.addSchool("springfield");
  const half = Buffer.from("Username,Stud");
  await begin(service, school, [{ at: 0, bytes: half }], makeRoster(50, 3).toString());
  await service.restartBridge();
  assert.match(await reportOf(school), /50 rows: 50 added/);
  assert.deepEqual(await school.get("/inbound/roster.csv"), half);
});

for (const at of [30_000, 300_000]) {
  test(`kill -9 with a gap: a resumed upload goes on before byte ${at}, and no zeros are ever in a roster`, async () => {
    await using service = await startService();
    const school = await service.addSchool("springfield");
    const roster = Buffer.from(makeRoster(5_000, 3));
    await begin(service, school, [
      { at: 0, bytes: roster.subarray(0, 20_000) },
      { at, bytes: roster.subarray(at, at + 20_000) },
    ]);
    await service.restartBridge();
    const partial = await school.get("/inbound/roster.csv");
    assert.deepEqual(partial, roster.subarray(0, 20_000));
    await writeFile(`${service.folder}/roster.csv`, roster);
    const { code, stderr } = await school.sftp(
      `reput ${service.folder}/roster.csv /inbound/roster.csv`,
    );
    assert.equal(code, 0, stderr);
    assert.match(await reportOf(school), /5000 rows: 5000 added/);
    const original = await school.get(`/inbound/${await waitForName(school, ".original")}`);
    assert.ok(original.equals(roster));
  });
}
