import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { eachDatabase } from "../database/each-database.ts";
import { startReceiver, tellingWorld } from "./telling-world.ts";
import { addWebhook, deliveries, HOUR, verified } from "./webhook-calls.ts";

eachDatabase("webhooks", (database) => {
  test("in the Standard Webhooks format: id, timestamp, signature, type and data", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      const { id, secret } = await addWebhook(world, { url: receiver.url, school: slug });
      await world.happen({ schoolId, kind: "school.silent", facts: { expected: "daily" } });
      await world.teller.run();
      const [received, ...others] = receiver.received;
      assert.deepEqual(others, []);
      assert.match(String(received!.headers["webhook-id"]), /^msg_\d+-\d+$/);
      assert.equal(
        received!.headers["webhook-timestamp"],
        String(Math.floor(world.clock.now / 1000)),
      );
      assert.equal(received!.headers["content-type"], "application/json");
      assert.deepEqual(verified(secret, received!), {
        type: "school.silent",
        timestamp: "2026-11-22T10:15:30.123Z",
        data: { school: slug, expected: "daily" },
      });
      await world.teller.run();
      assert.equal(receiver.received.length, 1, "nothing is sent again");
      const [delivery] = await deliveries(world, id);
      assert.equal(delivery.state, "delivered");
      assert.equal(delivery.messageId, received!.headers["webhook-id"]);
      assert.deepEqual(delivery.attempts.map(({ status }: { status: number }) => status), [200]);
    } finally {
      await receiver.stop();
    }
  });

  test("the reference implementation verifies it", async () => {
    const world = tellingWorld(database().client);
    world.clock.now = Date.now();
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      const { secret } = await addWebhook(world, { url: receiver.url, school: slug });
      await world.happen({ schoolId });
      await world.teller.run();
      const { body, headers } = receiver.received[0]!;
      const payload = new Webhook(secret).verify(body, headers as Record<string, string>);
      assert.deepEqual(payload, JSON.parse(body));
      assert.throws(() =>
        new Webhook(secret).verify(`${body} `, headers as Record<string, string>)
      );
    } finally {
      await receiver.stop();
    }
  });

  test("for all schools or one, of every kind or some", async () => {
    const world = tellingWorld(database().client);
    const [one, two] = [await world.school(), await world.school()];
    const receiver = await startReceiver();
    try {
      const at = (path: string) => receiver.url.replace("/hook", path);
      const added = [
        await addWebhook(world, { url: at("/all") }),
        await addWebhook(world, { url: at("/one"), school: one.slug }),
        await addWebhook(world, { url: at("/some"), kinds: ["school.heard"] }),
      ];
      await world.happen({ schoolId: one.id, kind: "school.silent" });
      await world.happen({ schoolId: two.id, kind: "school.heard" });
      await world.teller.run();
      const got = receiver.received.map(({ path, body }) => {
        const { type, data } = JSON.parse(body);
        return `${path} ${type} ${data.school}`;
      });
      assert.deepEqual(got.toSorted(), [
        `/all school.heard ${two.slug}`,
        `/all school.silent ${one.slug}`,
        `/one school.silent ${one.slug}`,
        `/some school.heard ${two.slug}`,
      ]);
      for (const { id } of added) await world.admin("DELETE", `/admin/webhooks/${id}`);
    } finally {
      await receiver.stop();
    }
  });

  test("retried with back-off for three days, each attempt on record, then given up", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver((response) => response.writeHead(500).end());
    try {
      const { id } = await addWebhook(world, { url: receiver.url, school: slug });
      const started = world.clock.now;
      await world.happen({ schoolId });
      await world.teller.run();
      const gaps: number[] = [];
      while (true) {
        const [{ state, dueAt }] = await deliveries(world, id);
        if (state === "failed") break;
        assert.equal(state, "waiting");
        const count = receiver.received.length;
        world.clock.now = Date.parse(dueAt) - 1;
        await world.teller.run();
        assert.equal(receiver.received.length, count, "not before its time");
        const { body: webhook } = await world.admin("GET", `/admin/webhooks/${id}`);
        const next = Math.max(Date.parse(dueAt), Date.parse(webhook.readyAt ?? dueAt));
        gaps.push(next - Date.parse((await deliveries(world, id))[0].attempts.at(-1).at));
        world.clock.now = next;
        await world.teller.run();
        assert.equal(receiver.received.length, count + 1);
      }
      assert.deepEqual(gaps.slice(0, 3), [5_000, 30_000, 120_000]);
      assert.ok(receiver.received.length >= 12, String(receiver.received.length));
      assert.ok(world.clock.now - started >= 72 * HOUR);
      assert.ok(world.clock.now - started < 80 * HOUR);
      const ids = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
      assert.equal(ids.size, 1, "the same id at each attempt");
      const [{ attempts }] = await deliveries(world, id);
      assert.equal(attempts.length, receiver.received.length);
      assert.deepEqual(
        [attempts[0].status, attempts[0].problem],
        [500, "it did not take it"],
      );
    } finally {
      await receiver.stop();
    }
  });

  test("a receiver that works again gets what waited, in order", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    let isUp = false;
    const receiver = await startReceiver((response) => response.writeHead(isUp ? 204 : 503).end());
    try {
      const { id } = await addWebhook(world, { url: receiver.url, school: slug });
      for (let number = 1; number <= 20; number++) {
        await world.happen({ schoolId, subject: String(number), facts: { number } });
      }
      await world.teller.run();
      assert.ok(receiver.received.length <= 3, "twenty messages are not twenty failures");
      isUp = true;
      receiver.received.length = 0;
      for (let look = 0; look < 20; look++) {
        world.later(10 * 60_000);
        await world.teller.run();
      }
      const numbers = receiver.received.map(({ body }) => JSON.parse(body).data.number);
      assert.deepEqual(numbers.toSorted((a, b) => a - b), numbers.map((_, index) => index + 1));
      assert.equal(numbers.length, 20);
      const { body: webhook } = await world.admin("GET", `/admin/webhooks/${id}`);
      assert.deepEqual([webhook.failures, webhook.readyAt], [0, null]);
    } finally {
      await receiver.stop();
    }
  });

  test("a receiver that works again is as one that never failed: a failure after that is its first", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    let answers: number[] = [];
    const receiver = await startReceiver((response) => {
      response.writeHead(answers.shift() ?? 500).end();
    });
    try {
      const { id } = await addWebhook(world, { url: receiver.url, school: slug });
      for (const subject of ["1", "2"]) await world.happen({ schoolId, subject });
      for (let tries = 0; tries < 5; tries++) {
        await world.teller.run();
        world.later(HOUR);
      }
      answers = [200];
      await world.teller.run();
      const states = (await deliveries(world, id)).map(({ state }) => state);
      assert.deepEqual(states, ["waiting", "delivered"]);
      const { body } = await world.admin("GET", `/admin/webhooks/${id}`);
      assert.equal(body.failures, 1);
    } finally {
      await receiver.stop();
    }
  });

  test("replayable: one that was delivered, and all that failed since an instant", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    let status = 200;
    const receiver = await startReceiver((response) => response.writeHead(status).end());
    try {
      const { id } = await addWebhook(world, { url: receiver.url, school: slug });
      await world.happen({ schoolId });
      await world.teller.run();
      const [first] = await deliveries(world, id);
      const path = `/admin/webhooks/${id}`;
      const replayed = await world.admin("POST", `${path}/deliveries/${first.id}/replay`);
      assert.equal(replayed.status, 202);
      await world.teller.run();
      assert.equal(receiver.received.length, 2);
      assert.equal(
        receiver.received[0]!.headers["webhook-id"],
        receiver.received[1]!.headers["webhook-id"],
      );
      assert.equal(receiver.received[0]!.body, receiver.received[1]!.body);

      status = 500;
      const since = new Date(world.clock.now).toISOString();
      await world.happen({ schoolId, subject: "2" });
      for (let look = 0; look < 40; look++) {
        await world.teller.run();
        world.later(6 * HOUR);
      }
      assert.equal((await deliveries(world, id))[0].state, "failed");
      status = 200;
      const all = await world.admin("POST", `${path}/replay`, { since });
      assert.deepEqual([all.status, all.body], [202, { replayed: 1 }]);
      await world.teller.run();
      assert.equal((await deliveries(world, id))[0].state, "delivered");
      const unknown = await world.admin("POST", `${path}/deliveries/none/replay`);
      assert.equal(unknown.status, 404);
    } finally {
      await receiver.stop();
    }
  });

  test("the secret is shown once; a new one signs beside the one before for a day", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      const { id, secret } = await addWebhook(world, { url: receiver.url, school: slug });
      assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      const read = await world.admin("GET", `/admin/webhooks/${id}`);
      assert.ok(!JSON.stringify(read.body).includes("whsec_"));
      const rotated = await world.admin("PATCH", `/admin/webhooks/${id}`, { rotateSecret: true });
      const { secret: newer } = rotated.body;
      assert.notEqual(newer, secret);
      await world.happen({ schoolId, subject: "1" });
      await world.teller.run();
      verified(secret, receiver.received[0]!);
      verified(newer, receiver.received[0]!);
      world.later(24 * HOUR);
      await world.happen({ schoolId, subject: "2" });
      await world.teller.run();
      verified(newer, receiver.received[1]!);
      assert.throws(() => verified(secret, receiver.received[1]!));
      const { body: audit } = await world.admin("GET", "/admin/audit");
      assert.ok(!JSON.stringify(audit).includes("whsec_"));
    } finally {
      await receiver.stop();
    }
  });
}, { only: ["file:", "http:"] });
