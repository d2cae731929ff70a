// DESIGN, "Admin routes": `/metrics` of the worker. Who may ask is in roles.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adminToken, type AppUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { tellingWorld } from "../events/telling-world.ts";
import { addWebhook } from "../events/webhook-calls.ts";
import { sealAudit } from "../../../worker/events/sealing.ts";
import { rows, SafeWorld } from "../intake/safe-world.ts";

eachDatabase("the worker's metrics", (database) => {
  async function asked(world: AppUnderTest) {
    const answer = await world.app.request("/metrics", {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    assert.match(answer.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    const samples = text.split("\n").filter((line) => line && !line.startsWith("#"));
    return new Map(samples.map((line) => {
      const [, name, value] = /^rosterbridge_worker_(\S+) (\S+)$/.exec(line) ?? [];
      assert.ok(name && value, line);
      assert.match(text, new RegExp(`# TYPE rosterbridge_worker_${/^\w+/.exec(name)![0]} gauge\n`));
      return [name, Number(value)] as const;
    }));
  }

  test("say what is under way and what stands, and go back when it is done", async () => {
    const world = await SafeWorld.open(database().client, { holdWhen: { rejectedPercent: 1 } });
    const { app } = world;
    const unfinished = ["accepted", "checking", "processing", "held", "parked"];
    const counts = async () => {
      const metrics = await asked(app);
      const uploads = unfinished.map((state) => metrics.get(`uploads{state="${state}"}`));
      return {
        uploads,
        reverts: metrics.get("reverts"),
        commands: metrics.get("commands_waiting"),
      };
    };
    assert.deepEqual(await counts(), { uploads: [0, 0, 0, 0, 0], reverts: 0, commands: 0 });

    world.mostSlices = 1;
    const checking = await world.send(rows(0, 2_000), { sliceBytes: 8_192 });
    const held = await world.send("not-a-mail,1,Lee,,,,,,1\r\n");
    assert.deepEqual(await counts(), { uploads: [0, 1, 0, 1, 0], reverts: 0, commands: 0 });
    await app.admin("POST", `/admin/uploads/${held}/discard`, { reason: "a test" });
    assert.deepEqual(await counts(), { uploads: [0, 1, 0, 0, 0], reverts: 0, commands: 1 });
    world.mostSlices = Infinity;
    await world.goOn(checking);
    await world.obey();
    assert.deepEqual(await counts(), { uploads: [0, 0, 0, 0, 0], reverts: 0, commands: 0 });
  });

  test("say when each bridge was heard of and what of the audit waits to be sealed, and how many schools there are", async () => {
    const { app } = await SafeWorld.open(database().client);
    const { context } = app;
    const made = app.clock.now / 1000;
    app.clock.now += 60_000;
    const before = await asked(app);
    assert.equal(before.get("audit_unsealed_timestamp_seconds"), made);
    assert.equal(before.get('bridge_seen_timestamp_seconds{bridge="default"}'), undefined);
    const listening = { directoryVersion: null, commands: [], room: 100, waitMs: 0 };
    assert.equal((await app.bridge("POST", "/bridge/listen", listening)).status, 200);
    await sealAudit({ database: context.database, now: context.now, log: context.log });
    const now = app.clock.now / 1000;
    // A quiet day is no fault.
    app.clock.now += 86_400_000;
    const after = await asked(app);
    assert.equal(after.get("audit_unsealed_timestamp_seconds"), 0);
    assert.equal(after.get('bridge_seen_timestamp_seconds{bridge="default"}'), now);
    const { body: { items } } = await app.admin("GET", "/admin/schools");
    assert.equal(after.get("schools"), items.length);
    for (const nothing of ["schools_silent", "mails_waiting", "webhook_deliveries_waiting"]) {
      assert.equal(after.get(nothing), 0, nothing);
    }
  });

  test("a webhook that is switched off waits for nothing, and what it has not got is counted when it is on again", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const url = "http://127.0.0.1:9/hook";
    const { id } = await addWebhook(world, { url, school: slug });
    await world.happen({ schoolId, subject: "1" });
    await world.happen({ schoolId, subject: "2" });
    await world.teller.run();
    const waiting = async () => (await asked(world)).get("webhook_deliveries_waiting");
    assert.equal(await waiting(), 2);
    await world.admin("PATCH", `/admin/webhooks/${id}`, { state: "off" });
    assert.equal(await waiting(), 0);
    await world.admin("PATCH", `/admin/webhooks/${id}`, { state: "on" });
    assert.equal(await waiting(), 2);
  });
}, { only: ["file:", "http:"] });
