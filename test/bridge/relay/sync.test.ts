// DESIGN, the wire: a sync every SYNC_MS, with commands repeated until they are done.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SchoolDirectory } from "../../../bridge/schools/directory.ts";
import { Sync } from "../../../bridge/relay/sync.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { names, testHomes, until } from "../home/keeper.ts";
import { fakeWorker, json } from "./fake-worker.ts";

const deliver = (number: number) => ({
  id: `00000000-0000-4000-8000-00000000000${number}`,
  type: "deliver",
  schoolId: 1,
  exportId: `00000000-0000-4000-8000-00000000001${number}`,
  name: `verified-${number}.csv`,
});

/** A worker that always asks for the same commands; the files of some exports cannot be had. */
async function syncing(commands: ReturnType<typeof deliver>[], missing: string[]) {
  const worker = await fakeWorker((response, { path }) => {
    if (path === "/bridge/sync") return json({ commands })(response, null as never);
    const isMissing = missing.some((id) => path.includes(id));
    response.writeHead(isMissing ? 500 : 200, { "content-type": "text/csv" });
    return response.end("Username,StudentId,VerifyDate\r\n");
  });
  const homes = await testHomes();
  const logs: string[] = [];
  const sync = new Sync({
    vault: homes.keeper.vault,
    worker: workerClient({ url: worker.url, token: "t".repeat(16), now: Date.now }),
    directory: new SchoolDirectory(homes.catalog),
    syncMs: 3_600_000,
    now: Date.now,
    random: () => 0,
    log: (event) => void logs.push(event),
    directoryChanged() {},
    workerReturned() {},
  });
  const syncs = () => worker.calls.filter(({ path }) => path === "/bridge/sync").length;
  return {
    homes,
    logs,
    sync,
    syncs,
    url: worker.url,
    async [Symbol.asyncDispose]() {
      await sync.stop();
      await worker[Symbol.asyncDispose]();
      await homes[Symbol.asyncDispose]();
    },
  };
}

test("a command that fails is tried again after SYNC_MS, not without a pause", async () => {
  const command = deliver(1);
  await using it = await syncing([command], [command.exportId]);
  it.sync.start();
  await until(() => it.logs.includes("command.failed") && it.sync.lastAnswerAt !== undefined);
  // As many calls from here as a loop without a pause would have made by then, and more.
  for (let i = 0; i < 20; i++) await (await fetch(`${it.url}/elsewhere`)).text();
  assert.equal(it.syncs(), 1);
});

test("what was carried out is acknowledged at once, and a failing command does not hold it up", async () => {
  const [failing, good] = [deliver(1), deliver(2)];
  await using it = await syncing([failing, good], [failing.exportId]);
  it.sync.start();
  await until(() => it.syncs() >= 2);
  assert.deepEqual(await names(it.homes.home(), "/outbound"), [good.name]);
});
