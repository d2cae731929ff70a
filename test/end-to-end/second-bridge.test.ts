// SPEC section 11: a bridge's token is one bridge's; two that serve the same schools are noticed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { makeRoster } from "../../scripts/made-roster.ts";
import { startBridge } from "./processes.ts";
import { startService, waitForName } from "./service.ts";

test("a bridge on a copy of another's folder says so and ends with 75; the first one goes on", async () => {
  await using service = await startService({ bridge: { LISTEN_MS: "500" } });
  const school = await service.addSchool("springfield");
  await cp(join(service.folder, "bridge"), join(service.folder, "copy"), { recursive: true });
  const copy = await startBridge({
    DATA_DIR: join(service.folder, "copy"),
    ...{ SFTP_PORT: "0", HEALTH_PORT: "0", SYNC_MS: "50" },
    WORKER_URL: service.workerUrl,
    BRIDGE_TOKEN: service.bridgeToken,
  });
  if (copy.child.exitCode === null) await once(copy.child, "exit");
  assert.equal(copy.child.exitCode, 75);
  assert.match(copy.output(), /The bridge had to end: Another bridge calls with the token/);
  await school.put("/inbound/roster.csv", makeRoster(5, 3));
  await waitForName(school, ".completed");
  assert.match(service.worker.output(), /"bridge.refused"/);
});
