// docs/admin.md and docs/operations.md, with real processes: what an administrator removes is gone from
// the home, and a bridge that is stopped tells of no trouble.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startService } from "./service.ts";
import { until } from "../until.ts";

test("a file that an administrator removes is gone from the school's home and from the list", async () => {
  await using service = await startService();
  const school = await service.addSchool("springfield");
  await school.put("/inbound/notes.txt", "not a roster");
  const files = "/admin/schools/springfield/files";
  const notes = `${files}?path=/inbound/notes.txt`;
  await until(async () => (await service.admin("GET", notes)).status === 200);

  const asked = await service.admin("DELETE", notes);
  assert.equal(asked.status, 202, JSON.stringify(asked.body));
  assert.deepEqual(asked.body, { path: "/inbound/notes.txt", state: "removing" });
  await until(async () => (await service.admin("GET", notes)).status === 404);
  assert.deepEqual(await school.names(), []);
  const { body: audit } = await service.admin("GET", "/admin/audit?action=file.removal_asked");
  assert.deepEqual(
    audit.items.map(({ actor, school }: Record<string, string>) => [actor, school]),
    [
      ["admin", "springfield"],
    ],
  );

  const unknown = await service.admin("DELETE", `${files}?path=/inbound/none.csv`);
  assert.equal(unknown.body.code, "file_unknown");
});

test("a bridge that is stopped while it waits for news says that it stops, and of no trouble", async () => {
  await using service = await startService();
  await service.addSchool("springfield");
  assert.equal(await service.bridge.end("SIGTERM"), 0);
  const lines = service.bridge.output().split("\n").filter((line) => line.startsWith("{"));
  const events = lines.map((line) => JSON.parse(line).event);
  assert.deepEqual(events.slice(-2), ["stopping", "stopped"]);
  assert.ok(!events.includes("trouble.begins"), events.join(" "));
});
