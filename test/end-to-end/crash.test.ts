// DESIGN, "What may crash when", with real processes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRoster } from "../../scripts/made-roster.ts";
import { faultRun } from "../faults/rounds.ts";
import { hasSqld } from "../worker/database/sqld.ts";
import { startService, waitForName } from "./service.ts";
import { until } from "../until.ts";

test("kill -9 of the worker, then of the bridge, in the middle of 50,000 rows: each row once, nothing lost", async () => {
  await using service = await startService({ worker: { SLICE_ROWS: "500" } });
  const school = await service.addSchool("springfield");
  const roster = makeRoster(50_000, 3);
  await school.put("/inbound/roster.csv", roster);

  const upload = async () => {
    const { body } = await service.admin("GET", "/admin/schools/springfield/uploads");
    return body.items[0];
  };
  const isPast = (rows: number) => async () => ((await upload())?.rows.read ?? 0) > rows;
  await until(isPast(2_000), "the first rows");
  await service.restartWorker();
  const afterFirst = await upload();
  assert.equal(afterFirst.state, "processing");
  await until(isPast(afterFirst.rows.read), "going on after the worker's end");
  await service.restartBridge();
  assert.equal((await upload()).state, "processing");

  const completed = await waitForName(school, ".completed");
  const report = (await school.get(`/inbound/${completed}`)).toString();
  assert.match(report, /50000 rows: 50000 added, 0 updated, 0 unchanged, 0 rejected, 0 warnings/);
  assert.equal(report.trimEnd().split("\r\n").length, 2);
  const original = await school.get(`/inbound/${completed.replace("completed", "original")}`);
  assert.equal(original.toString(), roster);
  assert.equal((await school.names()).length, 2);
});

test("a short fault-injecting run is clean", async (t) => {
  if (!hasSqld) return t.skip("sqld is not made for this platform");
  t.diagnostic(await faultRun({ rounds: 6, seed: 7 }));
});
