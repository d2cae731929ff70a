// The main job with the clients schools have: OpenSSH in, a report out.
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { makeRoster } from "../../scripts/made-roster.ts";
import { hasSqld, startSqld } from "../worker/database/sqld.ts";
import { type Service, startService, waitForName } from "./service.ts";

async function mainJob(service: Service): Promise<void> {
  const school = await service.addSchool("springfield");
  const roster = makeRoster(20_000, 1);
  const file = join(service.folder, "roster.csv");
  await writeFile(file, roster);

  const put = await school.sftp(`put ${file} inbound/`);
  assert.equal(put.code, 0, put.stderr);
  const completed = await waitForName(school, ".completed");
  const listed = await school.sftp("ls -l inbound");
  assert.match(listed.stdout, /-rw-r--r-- .* roster\.csv\.\d{8}T\d{9}Z\.completed/);
  assert.match(listed.stdout, /roster\.csv\.\d{8}T\d{9}Z\.original/);
  assert.doesNotMatch(listed.stdout, /processing|rejected/);

  const report = (await school.get(`/inbound/${completed}`)).toString();
  assert.match(report, /^Line,Username,Column,Severity,Code,Message\r\n.*info,summary,/);
  assert.match(report, /20000 rows: 20000 added, 0 updated, 0 unchanged, 0 rejected, 0 warnings/);

  const copy = join(service.folder, "copy.csv");
  const original = completed.replace("completed", "original");
  const got = await school.sftp(`get inbound/${original} ${copy}`);
  assert.equal(got.code, 0, got.stderr);
  assert.equal(await readFile(copy, "utf8"), roster);

  const student = await service.admin(
    "GET",
    "/admin/schools/springfield/students/student1.7@college.edu",
  );
  assert.equal(student.status, 200);
  assert.equal(student.body.studentId, "S1X0000007");

  const again = await school.sftp(`put ${file} inbound/`);
  assert.equal(again.code, 0, again.stderr);
  await waitForName(school, ".completed", 2);
  const { body } = await service.admin("GET", "/admin/schools/springfield/uploads");
  assert.deepEqual(
    body.items.map((upload: { rows: Record<string, number> }) => upload.rows["unchanged"]),
    [20_000, 0],
  );
  assert.equal(body.items[0].state, "completed");
  assert.match(body.items[0].sender.client, /OpenSSH/);
  assert.equal(body.items[0].sender.fingerprint, school.fingerprint);
}

describe("a school uploads a roster and reads the report", () => {
  test("with the embedded database", async () => {
    await using service = await startService();
    await mainJob(service);
    assert.equal(await service.worker.end(), 0);
    assert.equal(await service.bridge.end(), 0);
  });

  test("with a remote database, the worker having the network and nothing else", async (t) => {
    if (!hasSqld) return t.skip("sqld is not made for this platform");
    const sqld = await startSqld();
    try {
      await using service = await startService({ databaseUrl: sqld.url });
      await mainJob(service);
    } finally {
      await sqld.stop();
    }
  });
});

test("no byte of a roster is in the clear in any file of the bridge", async () => {
  await using service = await startService();
  const school = await service.addSchool("springfield");
  const roster =
    `U,S,L,F,T,D,R,T,O\nneedle.in.haystack@college.edu,S1,,,,,,,1\nneedle-two,,,,,,,,7\n`;
  await school.put("/inbound/roster.csv", roster);
  await waitForName(school, ".rejected");
  await school.put("/inbound/partial.txt", roster);
  const folder = join(service.folder, "bridge");
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    for (const needle of ["needle.in.haystack", "needle-two"]) {
      assert.equal(bytes.indexOf(needle), -1, entry.name);
    }
  }
  assert.ok(files >= 5, `only ${files} files`);
});

test("the rejected records come back byte for byte, to correct, rename and send again", async () => {
  await using service = await startService();
  const school = await service.addSchool("springfield");
  const header = "Email,CWID,Surname,Givenname,Phone,Bob,RequirementGroup,Term,CampusResident\r\n";
  const bad = `b@x.edu,S2,"O""Neil, Jr.",,,31/12/2004,,,1\r\n`;
  await school.put("/inbound/r.csv", `${header}a@x.edu,S1,,,,,,,1\n${bad}c@x.edu,S3,,,,,,,0\n`);
  const rejected = await waitForName(school, ".rejected");
  assert.equal((await school.get(`/inbound/${rejected}`)).toString(), header + bad);

  const renamed = await school.sftp(`rename inbound/${rejected} inbound/fixed.csv`);
  assert.equal(renamed.code, 0, renamed.stderr);
  await waitForName(school, /^fixed\.csv\..*\.completed$/);
  const { body } = await service.admin("GET", "/admin/schools/springfield/uploads");
  const [second, first] = body.items;
  assert.deepEqual([first.rows.added, first.rows.rejected], [2, 1]);
  assert.deepEqual([second.rows.added, second.rows.rejected], [0, 1]);
  const served = await service.admin("GET", `/admin/uploads/${first.id}/rejected.csv`);
  assert.equal(served.body, header + bad);
  const problems = await service.admin("GET", `/admin/uploads/${first.id}/problems`);
  assert.equal(problems.body.items[0].line, 3);
  assert.equal(problems.body.items[0].code, "dob_impossible");
});
