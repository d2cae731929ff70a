// SPEC section 3: one file never blocks another for ever, also when its results cannot be fetched.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../bridge/relay/outbox.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { names, put, testHomes } from "../home/keeper.ts";
import { fakeWorker, json, text } from "./fake-worker.ts";
import { until } from "../../until.ts";

interface Announced {
  id: string;
  name: string;
  timeCode: string;
}

test("results whose download breaks off again and again stop no other file; it is said once, and over when they come", async () => {
  await using homes = await testHomes();
  const own = { "rosterbridge-protocol": "1" };
  let breaksOff = true;
  let tries = 0;
  await using worker = await fakeWorker((response, call) => {
    if (call.method === "GET" && call.path.endsWith("/first.csv") && breaksOff) {
      tries++;
      response.writeHead(200, own);
      return response.write("Line,", () => response.destroy());
    }
    if (call.method === "GET") return text("Line\r\n", 200, own)(response, call);
    const { name, timeCode } = JSON.parse(call.body.toString()) as Announced;
    const result = { folder: "/inbound", name: `${name}.${timeCode}.completed` };
    return json({
      ...{ state: "completed", offset: 4 },
      results: [{ ...result, href: `/bridge/reports/${name}` }],
    })(response, call);
  });
  const logs: string[] = [];
  const outbox = new Outbox({
    vault: homes.keeper.vault,
    worker: workerClient({
      ...{ url: worker.url, token: "t".repeat(16), now: Date.now },
      bridgeId: () => homes.catalog.identity.id,
    }),
    ...{ laneOf: () => "roster", maxExpandedBytes: 1 << 20, slugOf: () => "school" },
    ...{ concurrency: 1, sliceBytes: 1024, random: () => 0 },
    log: (event) => void logs.push(event),
  });
  const home = homes.home();
  for (const name of ["first.csv", "second.csv"]) await put(home, `/inbound/${name}`, "rows");
  await home.leave();
  for (const entry of homes.accepted) outbox.add(entry);
  try {
    await until(() => tries > 2);
    await until(() => logs.includes("upload.completed"));
    const reports = async () => (await names(home)).filter((name) => name.endsWith(".completed"));
    assert.deepEqual((await reports()).map((name) => name.slice(0, 6)), ["second"]);
    assert.match(outbox.resultsDelayed!, /^1 upload is applied and the results cannot be fetched/);
    assert.equal(logs.filter((event) => event === "results.delayed").length, 1);
    assert.ok(!logs.includes("relay.postponed"));
    breaksOff = false;
    await until(() => outbox.length === 0);
    assert.equal((await reports()).length, 2);
    assert.equal(outbox.resultsDelayed, undefined);
  } finally {
    await outbox.stop();
  }
});
