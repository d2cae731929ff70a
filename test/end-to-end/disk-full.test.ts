// DESIGN, "What may crash when": disk full: the write is refused; nothing is half-accepted.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import ssh2, { type SFTPWrapper, type Stats } from "ssh2";
import { makeRoster } from "../../scripts/made-roster.ts";
import { call, connect, openSftp } from "../bridge/sftp/harness.ts";
import { smallDisk } from "../bridge/vault/small-disk.ts";
import { passOn, startFront } from "./front.ts";
import { type School, type Service, startService, waitForName } from "./service.ts";
import { until } from "../until.ts";
import { freePort } from "../free-port.ts";

const MIB = 1024 * 1024;
const { FAILURE } = ssh2.utils.sftp.STATUS_CODE;
const uploadRefused =
  "The service's disk is full. What arrived before is kept as a partial file; try again later or resume.";
const otherRefused =
  /^The service's disk is full, so this could not be done and nothing was changed\./;
const header = "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus";

async function sessionOf(service: Service, school: School) {
  const { slug: username, privateKey } = school;
  const client = await connect(service.sftpPort, { username, privateKey });
  const sftp = await openSftp(client);
  return { sftp, [Symbol.dispose]: () => void client.end() };
}

const sizeOf = async (sftp: SFTPWrapper, path: string) =>
  (await call<Stats>((done) => sftp.stat(path, done))).size;

const write = (sftp: SFTPWrapper, handle: Buffer, bytes: Buffer, offset = 0) =>
  call((done) => sftp.write(handle, bytes, 0, bytes.length, offset, done));

/** The error that a request ends with. */
function refusalOf(
  what: string,
  request: (done: (error?: unknown) => void) => void,
): Promise<Error & { code: number }> {
  return call(request).then(() => assert.fail(`${what} was not refused`), (error) => error);
}

const isAlive = (service: Service) => assert.equal(service.bridge.child.exitCode, null);

test("an upload that does not fit: a clear refusal, a partial file of its size, and everything else goes on", async (t) => {
  const disk = await smallDisk(t, 24 * MIB);
  if (!disk) return;
  await using service = await startService({ bridge: { DATA_DIR: join(disk.folder, "bridge") } });
  const school = await service.addSchool("springfield", { rowLimit: 100 });
  const other = await service.addSchool("shelbyville");
  const roster = Buffer.from(makeRoster(110_000, 1));
  assert.ok(roster.length > 10 * MIB && roster.length < 12 * MIB);
  const file = join(service.folder, "big.csv");
  await writeFile(file, roster);
  const old = Buffer.alloc(12 * MIB, "old");
  await school.put("/inbound/old.bin", old);
  await service.worker.end("SIGKILL");
  await other.put("/inbound/finished.csv", `${header}\na@x.edu,,,,,,,,1\n`);

  // With ssh2, which shows code and sentence, and with OpenSSH.
  const error = await school.put("/inbound/big.csv", roster).catch((error) => error);
  assert.equal(error.code, FAILURE);
  assert.equal(error.message, uploadRefused);
  const put = await school.sftp(`put ${file} inbound/big.csv`);
  assert.equal(put.code, 1);
  assert.match(put.stderr, /big\.csv/);

  const partial = await school.get("/inbound/big.csv");
  assert.ok(partial.length > MIB && partial.length < roster.length, String(partial.length));
  assert.ok(partial.equals(roster.subarray(0, partial.length)));
  const listed = await school.sftp("ls -l inbound");
  assert.match(listed.stdout, new RegExp(` ${partial.length} .* big\\.csv`));
  assert.deepEqual(await school.names(), ["big.csv", "old.bin"]);

  // There is no room for anybody's upload, and nothing of one is left behind.
  const small = await other.put("/inbound/more.csv", `${header}\n`).catch((error) => error);
  assert.equal(small.code, FAILURE);
  assert.match(small.message, otherRefused);

  // After a restart it is the same.
  await service.restartBridge();
  assert.equal((await school.get("/inbound/big.csv")).length, partial.length);
  assert.equal((await school.get("/inbound/old.bin")).length, old.length);
  // What had arrived whole is processed, though its report takes room.
  await service.restartWorker();
  await waitForName(other, ".completed");
  assert.deepEqual((await other.names()).map((name) => name.split(".").at(-1)), [
    "completed",
    "original",
  ]);
  const { body } = await service.admin("GET", "/admin/schools/springfield/uploads");
  assert.deepEqual(body.items, []);
  const known = async () => {
    const { body } = await service.admin(
      "GET",
      "/admin/schools/springfield/files?path=/inbound/big.csv",
    );
    return body.state === "partial" && body.size === partial.length && body.note === "incomplete";
  };
  await until(known, "the administrator sees it as incomplete");

  // The school makes room, and the same upload works.
  assert.equal((await school.sftp("rm inbound/big.csv", "rm inbound/old.bin")).code, 0);
  const again = await school.sftp(`put ${file} inbound/big.csv`);
  assert.equal(again.code, 0, again.stderr);
  const report = await waitForName(school, ".completed");
  const original = await school.get(`/inbound/${report.replace("completed", "original")}`);
  assert.ok(original.equals(roster));
  isAlive(service);
  assert.equal(await service.bridge.end(), 0);
});

test("somebody else fills the disk to the last byte: clear refusals, no wrong state, and all is made up for", async (t) => {
  const disk = await smallDisk(t, 24 * MIB);
  if (!disk) return;
  const workerPort = await freePort();
  await using front = await startFront(workerPort);
  await using service = await startService({
    workerPort,
    workerUrl: () => `http://127.0.0.1:${front.port}`,
    bridge: { DATA_DIR: join(disk.folder, "bridge"), SETTLE_MS: "600000" },
  });
  const school = await service.addSchool("springfield");
  await school.put("/inbound/note.txt", "a note");
  using session = await sessionOf(service, school);
  const { sftp } = session;
  using other = await sessionOf(service, school);

  // One upload waits for its report, one has just been closed, one is being written.
  let fetching!: () => void, goOn!: () => void;
  const isFetching = new Promise<void>((resolve) => fetching = resolve);
  const gate = new Promise<void>((resolve) => goOn = resolve);
  front.behave = async (call, _response, pass) => {
    if (call.path.endsWith("/report")) {
      fetching();
      await gate;
    }
    await pass();
  };
  await school.put("/inbound/first.csv", makeRoster(500, 1));
  await isFetching;
  const open = await call<Buffer>((done) => sftp.open("/inbound/open.csv", "w", done));
  const bytes = Buffer.from(`${header}\n` + "o@x.edu,,,,,,,,1\n".repeat(4_000));
  await write(sftp, open, bytes.subarray(0, 30_000));
  const closed = await call<Buffer>((done) => other.sftp.open("/inbound/closed.csv", "w", done));
  await write(other.sftp, closed, Buffer.from(`${header}\nc@x.edu,,,,,,,,1\n`));
  await call((done) => other.sftp.close(closed, done));
  await disk.fill();
  goOn();
  other[Symbol.dispose](); // What it closed need not wait any longer.

  const log = (event: string) => service.bridge.output().includes(`"event":"${event}"`);
  await until(() => log("trouble.begins"), "the catalog refused to accept");
  await until(() => log("relay.postponed"), "the report could not be stored");
  const left = await refusalOf("close", (done) => sftp.close(open, done));
  assert.deepEqual([left.code, left.message], [FAILURE, uploadRefused]);

  // Logins, listings and reads go on.
  assert.equal((await school.sftp("ls -l inbound")).code, 0);
  assert.equal((await school.get("/inbound/note.txt")).toString(), "a note");
  const names = (await school.names()).map((name) => name.replace(/\d{8}T\d{9}Z/, "TIME"));
  assert.deepEqual(names, ["closed.csv", "first.csv.TIME.processing", "note.txt", "open.csv"]);
  // No upload begins, and none begins anew.
  for (const path of ["/inbound/new.csv", "/inbound/closed.csv"]) {
    const error = await refusalOf(`upload ${path}`, (done) => sftp.open(path, "w", done));
    assert.equal(error.code, FAILURE, error.message);
    assert.match(error.message, otherRefused);
  }
  // What the catalog finds room for is done, what not is refused with a sentence.
  const requests: Record<string, (done: (error?: unknown) => void) => void> = {
    "set times": (done) => sftp.utimes("/inbound/note.txt", 1, 1, done),
    rename: (done) => sftp.rename("/inbound/note.txt", "/inbound/other.txt", done),
    delete: (done) => sftp.unlink("/inbound/other.txt", done),
  };
  let expected = "note.txt";
  for (const [what, request] of Object.entries(requests)) {
    const error = await call(request).then(() => undefined, (error) => error);
    if (error) assert.match(error.message, error.code === FAILURE ? otherRefused : /There is no/);
    else if (what !== "set times") expected = what === "rename" ? "other.txt" : "";
    const note = (await school.names()).find((name) => name.endsWith(".txt")) ?? "";
    assert.equal(note, expected, what);
  }
  const sizeWhenFull = await sizeOf(sftp, "/inbound/open.csv");
  assert.equal((await school.get("/inbound/open.csv")).length, sizeWhenFull);
  isAlive(service);

  await disk.empty();
  front.behave = passOn;
  await waitForName(school, /^first\.csv\..*\.completed$/);
  await waitForName(school, /^closed\.csv\..*\.completed$/);
  // The partial upload is resumed where it really ended.
  const size = await sizeOf(sftp, "/inbound/open.csv");
  assert.equal(size, sizeWhenFull);
  const again = await call<Buffer>((done) => sftp.open("/inbound/open.csv", "r+", done));
  await write(sftp, again, bytes.subarray(size, size + 30_000), size);
  await write(sftp, again, bytes.subarray(size + 30_000), size + 30_000);
  await call((done) => sftp.close(again, done));
  session[Symbol.dispose]();
  const report = await waitForName(school, /^open\.csv\..*\.completed$/);
  const original = await school.get(`/inbound/${report.replace("completed", "original")}`);
  assert.ok(original.equals(bytes));
  const uploads = await service.admin("GET", "/admin/schools/springfield/uploads");
  assert.deepEqual(
    uploads.body.items.map(({ name, state }: { name: string; state: string }) => [name, state])
      .toSorted(),
    [["closed.csv", "completed"], ["first.csv", "completed"], ["open.csv", "completed"]],
  );
  assert.equal(await service.bridge.end(), 0);
});

test("a school whose rosters fill the disk that both halves have can be put out all the same", async (t) => {
  const disk = await smallDisk(t, 24 * MIB);
  if (!disk) return;
  await using service = await startService({
    databaseUrl: `file:${join(disk.folder, "worker.db")}`,
    bridge: { DATA_DIR: join(disk.folder, "bridge") },
  });
  const school = await service.addSchool("springfield");
  const other = await service.addSchool("shelbyville");
  // While the worker is away they pile up: more rows than the disk has room left for.
  await service.worker.end("SIGKILL");
  const full = /^The service's disk is full/;
  for (let i = 0;; i++) {
    const roster = makeRoster(10_000, i + 1).replaceAll("@", `.${i}@`);
    const error = await school.put(`/inbound/r${i}.csv`, roster).catch((error) => error);
    if (error === undefined) continue;
    assert.match(error.message, full);
    break;
  }
  await service.restartWorker();
  const isFull = async () => (await fetch(`${service.workerUrl}/healthz`)).status === 503;
  await until(isFull, "the worker's database has no room left");

  const key = `/admin/schools/springfield/keys/${encodeURIComponent(school.fingerprint)}`;
  assert.equal((await service.admin("DELETE", key)).status, 204);
  const suspended = await service.admin("POST", "/admin/schools/springfield/suspension", {});
  assert.equal(suspended.status, 200);
  await until(
    async () => (await school.sftp("pwd")).code !== 0,
    "the bridge has heard that the school is out",
  );
  assert.equal((await other.sftp("pwd")).code, 0);
});
