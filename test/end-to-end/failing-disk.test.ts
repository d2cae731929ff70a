// SPEC section 8: a bridge whose disk fails ends with 75, so that a start reads what is really there.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeRoster } from "../../scripts/made-roster.ts";
import { startService, waitForName } from "./service.ts";

/** What the bridge loads first: from when a file is there, each fsync of data fails. */
const failing = (file: string) => `
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
const some = await open("/dev/null");
const prototype = Object.getPrototypeOf(some);
await some.close();
const { datasync } = prototype;
prototype.datasync = async function () {
  if (existsSync(${JSON.stringify(file)})) {
    throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
  }
  await datasync.call(this);
};
`;

for (const rows of [3, 3_000]) {
  test(`a disk that fails at a CLOSE (${rows} rows): it is refused, the bridge ends with 75, and a start goes on`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "rosterbridge-failing-"));
    t.after(() => rm(folder, { recursive: true }));
    const [mark, preload] = [join(folder, "fails"), join(folder, "failing.mjs")];
    await writeFile(preload, failing(mark));
    await using service = await startService({
      bridge: { NODE_OPTIONS: `--import ${preload}`, LISTEN_MS: "500" },
    });
    const school = await service.addSchool("springfield");
    await writeFile(mark, "");
    await assert.rejects(school.put("/inbound/roster.csv", makeRoster(rows, 3)));
    const { child } = service.bridge;
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 75);
    assert.match(service.bridge.output(), /had to end: What schools send could not be stored/);
    await rm(mark);
    await service.restartBridge();
    await school.put("/inbound/roster.csv", makeRoster(rows, 3));
    await waitForName(school, ".completed");
  });
}
