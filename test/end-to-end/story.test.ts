// SPEC section 7: a ledger from upload to report. One upload's story is one call, from the first packet
// to the receipt of its report: who, what, when, in order.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../until.ts";
import { startService, waitForName } from "./service.ts";

const roster = (count: number) =>
  "U,S,L,F,T,D,R,T,O\r\n" +
  Array.from({ length: count }, (_, i) => `s${i}@college.edu,S${i},Lee,,,,,,1\r\n`).join("");

interface Step {
  at: string;
  action: string;
  actor: string;
  // deno-lint-ignore no-explicit-any
  detail: any;
}

test("an upload's story is told from the login to the receipt of its report, and tells nothing of the one before under its name; who removed a file is told, too", async () => {
  await using service = await startService();
  const school = await service.addSchool("springfield", {
    mode: "snapshot",
    holdWhen: { removedPercent: 10 },
  });
  const path = "/admin/schools/springfield";
  const file = join(service.folder, "roster.csv");
  const send = async (text: string) => {
    await writeFile(file, text);
    const put = await school.sftp(`put ${file} inbound/roster.csv`);
    assert.equal(put.code, 0, put.stderr);
  };
  await send(roster(20));
  await waitForName(school, ".completed");
  await send(roster(10));
  // deno-lint-ignore no-explicit-any
  let held: any;
  await until(async () => {
    held = (await service.admin("GET", `${path}/uploads`)).body.items[0];
    return held.state === "held";
  });
  const released = await service.admin("POST", `/admin/uploads/${held.id}/release`, {
    withoutRemovals: true,
    reason: "they are on leave",
  });
  assert.equal(released.status, 202);
  const names = (ending: string) => `/inbound/roster.csv.${held.timeCode}.${ending}`;
  const report = names("completed");
  await until(async () => (await school.names()).includes(report.slice("/inbound/".length)));
  const got = await school.sftp(`get ${report} ${join(service.folder, "report")}`);
  assert.equal(got.code, 0, got.stderr);

  let story: Step[] = [];
  await until(async () => {
    story = (await service.admin("GET", `/admin/uploads/${held.id}/story`)).body.items;
    return story.some(({ action }) => action === "download");
  });
  // Told of a file that is open for long enough.
  story = story.filter(({ action }) => action !== "file.partial");
  const sender = /^springfield with SHA256:\S+ \(127\.0\.0\.1, OpenSSH_\S+.*\)$/;
  const expected: [action: string, actor: RegExp, path?: string][] = [
    ["login", sender],
    ["file.complete", sender, "/inbound/roster.csv"],
    ["file.processing", sender, names("processing")],
    ["upload.accepted", /^the service$/],
    ["upload.checking", /^the service$/],
    ["upload.held", /^the service$/],
    ["upload.released", /^admin$/],
    ["upload.completed", /^the service$/],
    ["file.complete", /^the service$/, report],
    ["file.moved", /^the service$/, names("processing")],
    ["file.complete", sender, names("original")],
    ["download", sender, report],
  ];
  assert.deepEqual(
    story.map(({ action, detail }) => [action, detail.path]),
    expected.map(([action, _, path]) => [action, path]),
  );
  story.forEach(({ actor }, i) => assert.match(actor, expected[i]![1]));
  const times = story.map(({ at }) => at);
  assert.deepEqual(times, times.toSorted());
  const decision = story.find(({ action }) => action === "upload.released");
  assert.equal(decision!.detail.reason, "they are on leave");
  assert.ok(story[0]!.actor.includes(school.fingerprint));
  assert.doesNotMatch(JSON.stringify(story), /s\d+@college\.edu/);

  // What the school removes of the service's, and an administrator of the school's, has its own name.
  const removed = await school.sftp(`rm ${report}`);
  assert.equal(removed.code, 0, removed.stderr);
  const original = names("original");
  await service.admin("DELETE", `${path}/files?path=${original}`);
  let removals: { path: string; sender: { fingerprint: string } | null; askedBy: string | null }[];
  await until(async () => {
    removals = (await service.admin("GET", `${path}/files/removed`)).body.items;
    return removals.some((one) => one.path === original);
  });
  assert.deepEqual(
    removals!.map((one) => [one.path, one.sender?.fingerprint ?? null, one.askedBy]),
    [[original, null, "admin"], [report, school.fingerprint, null]],
  );
});
