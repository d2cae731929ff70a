// `bridge backup` while schools send, and `bridge restore` into an empty folder: what was there at the
// moment of the backup is there again, byte for byte, and the service goes on.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { bridgeProgram } from "../../scripts/programs.ts";
import { type Service, startService } from "./service.ts";
import { root } from "./processes.ts";
import { until } from "../until.ts";

const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\n";
const rows = (count: number, of: string) =>
  header +
  Array.from({ length: count }, (_, at) => `${of}${at}@uni.example,,Doe,,,,,,1\n`).join("");

function word(service: Service, ...words: string[]): Promise<{ code: number; output: string }> {
  const { command, args, environment } = bridgeProgram({
    PATH: process.env["PATH"],
    DATA_DIR: join(service.folder, "bridge"),
  });
  return new Promise((resolve) => {
    const options = { cwd: root, env: environment as NodeJS.ProcessEnv };
    const run = ["-c", 'umask 022; exec "$@"', "sh", command, ...args, ...words];
    execFile("sh", run, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

test("a backup that was made while schools sent is restored whole, and the service goes on", async () => {
  await using service = await startService();
  const school = await service.addSchool("school");
  await school.put("/inbound/first.csv", rows(3000, "first"));
  await school.put("/inbound/first.csv.filepart", randomBytes(200_000));
  await until(async () => (await school.names()).some((name) => name.endsWith(".completed")));

  // Sent, sent again and deleted all the while.
  let isSending = true;
  const sending = (async () => {
    for (let at = 0; isSending; at = (at + 1) % 4) {
      await school.put(`/inbound/busy${at}.txt`, randomBytes(150_000));
      if (at === 3) await school.sftp("rm inbound/busy1.txt");
    }
  })();
  const folder = join(service.folder, "backup");
  const first = await word(service, "backup", folder);
  assert.equal(first.code, 0, first.output);
  const [, copied] = /: (\d+) copied, 0 missing/.exec(first.output)!;
  assert.ok(Number(copied) >= 3, first.output);
  await school.put("/inbound/second.csv", rows(3000, "second"));
  await until(async () => (await school.names()).some((name) => /second.*completed$/.test(name)));
  const second = await word(service, "backup", folder);
  assert.equal(second.code, 0, second.output);
  isSending = false;
  await sending;

  const third = await word(service, "backup", folder);
  const fourth = await word(service, "backup", folder);
  assert.match(fourth.output, /: 0 copied, 0 missing, 0 of before removed/, third.output);
  assert.deepEqual((await readdir(folder)).sort(), ["backup.json", "blobs", "catalog.db"]);
  const names = await school.names();
  const bytes = await school.getAll(names.map((name) => `/inbound/${name}`));

  // After the backup: the worker has it, the restored bridge does not.
  await school.put("/inbound/later.csv", rows(10, "later"));
  await until(async () => (await school.names()).some((name) => /later.*completed$/.test(name)));
  const beside = await word(service, "verify");
  assert.equal(beside.code, 75);
  assert.match(beside.output, /^"verify" could not be done: .* is in use by another bridge/);
  await service.bridge.end("SIGTERM");
  const dataDir = join(service.folder, "bridge");
  await rename(dataDir, `${dataDir}.lost`);

  const withoutKey = await word(service, "restore", folder);
  assert.equal(withoutKey.code, 78);
  assert.match(withoutKey.output, /^MASTER_KEY_FILE: .*missing.*Restore it from a backup/);
  await mkdir(dataDir, { recursive: true });
  for (const name of ["master.key", "host.key"]) {
    await cp(join(`${dataDir}.lost`, name), join(dataDir, name));
  }
  const restored = await word(service, "restore", folder);
  assert.equal(restored.code, 0, restored.output);
  assert.match(restored.output, /0 missing, 0 damaged, 0 cut_back, 0 ahead, 0 swapped, 0 orphaned/);
  for (const name of await readdir(dataDir)) {
    const { mode } = await stat(join(dataDir, name));
    assert.equal(mode & 0o077, 0, `${name} is open to others`);
  }
  const again = await word(service, "restore", folder);
  assert.equal(again.code, 78, again.output);
  assert.match(again.output, /something is stored there/);

  await service.restartBridge();
  assert.deepEqual(await school.names(), names);
  assert.deepEqual(await school.getAll(names.map((name) => `/inbound/${name}`)), bytes);
  await school.put("/inbound/after.csv", rows(10, "after"));
  await until(async () => (await school.names()).some((name) => /after.*completed$/.test(name)));
  const { body } = await service.admin("GET", "/admin/schools/school/students?limit=1");
  assert.equal(body.items.length, 1);
});
