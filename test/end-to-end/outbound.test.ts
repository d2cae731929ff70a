// SPEC section 6 with real processes and OpenSSH's sftp.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "@libsql/client";
import { startService, waitForName } from "./service.ts";
import { until } from "../until.ts";

/** The minute that the schedule was missed at, as if the service had been down then. */
const due = "2026-11-21T00:00:00.000Z";

test("a scheduled export arrives, is downloaded, is shown as downloaded, and can be delivered again", async () => {
  await using service = await startService();
  const school = await service.addSchool("springfield");
  const roster = "U,S,L,F,T,D,R,T,O\n" +
    "ana@college.edu,S1,,,,,,,1\nben@college.edu,,,,,,,,0\ncyd@college.edu,S3,,,,,,,0\n";
  await school.put("/inbound/roster.csv", roster);
  await waitForName(school, ".completed");

  const admin = "/admin/schools/springfield";
  const verified = await service.admin("POST", `${admin}/verifications`, {
    usernames: ["ben@college.edu", "ana@college.edu", "nobody@college.edu"],
    verifiedAt: "2026-11-20T23:59:59.000Z",
    reviewer: "Ruth",
  });
  assert.deepEqual(verified.body.unknown, ["nobody@college.edu"]);
  const schedule = await service.admin("PUT", `${admin}/schedule`, {
    when: "* * * * *",
    timezone: "UTC",
  });
  assert.equal(schedule.status, 200, JSON.stringify(schedule.body));
  assert.equal(schedule.body.nextRuns.length, 5);
  const file = join(service.folder, "worker.db");
  // The worker may be writing just then.
  const database = createClient({ url: `file:${file}`, timeout: 10_000 });
  await database.execute({
    sql: "UPDATE schedules SET next_due_at = ?, ready_at = ?",
    args: [due, due],
  });
  database.close();

  const name = "verified-20261121T000000000Z.csv";
  await until(async () => (await school.names("/outbound")).includes(name));
  await service.admin("DELETE", `${admin}/schedule`);

  const copy = join(service.folder, "verified.csv");
  const got = await school.sftp(`get outbound/${name} ${copy}`);
  assert.equal(got.code, 0, got.stderr);
  const expected = "Username,StudentId,VerifyDate\r\n" +
    "ben@college.edu,,11/20/2026\r\nana@college.edu,S1,11/20/2026\r\n";
  assert.equal(await readFile(copy, "utf8"), expected);

  const exports = async () => (await service.admin("GET", `${admin}/exports`)).body.items;
  const made = async () => (await exports()).find((item: { name: string }) => item.name === name);
  await until(async () => (await made()).state === "downloaded");
  const shown = await made();
  assert.equal(shown.receipt.fingerprint, school.fingerprint);
  assert.equal(shown.receipt.address, "127.0.0.1");
  assert.equal(shown.students, 2);

  const removed = await school.sftp(`rm outbound/${name}`);
  assert.equal(removed.code, 0, removed.stderr);
  const again = await service.admin("POST", `/admin/exports/${shown.id}/deliver`);
  assert.equal(again.status, 202);
  await until(async () => (await school.names("/outbound")).includes(name));
  assert.equal((await school.get(`/outbound/${name}`)).toString(), expected);

  const student = await service.admin("GET", `${admin}/students/ana@college.edu`);
  assert.equal(student.body.verifiedAt, "2026-11-20T23:59:59.000Z");
});
