import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { PostFailure } from "../../../worker/events/outgoing.ts";
import { eachDatabase } from "../database/each-database.ts";
import { type Received, startReceiver, type TellingWorld, tellingWorld } from "./telling-world.ts";

const HOUR = 3_600_000;

async function addWebhook(world: TellingWorld, body: Record<string, unknown>) {
  const answer = await world.admin("POST", "/admin/webhooks", body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body as { id: string; secret: string };
}

async function deliveries(world: TellingWorld, id: string) {
  const { body } = await world.admin("GET", `/admin/webhooks/${id}/deliveries`);
  // deno-lint-ignore no-explicit-any
  return body.items as any[];
}

function verified(secret: string, { body, headers }: Received) {
  // The reference implementation checks the time against the real clock, which tests do not have.
  const webhook = new Webhook(secret);
  const at = new Date(Number(headers["webhook-timestamp"]) * 1000);
  const expected = webhook.sign(String(headers["webhook-id"]), at, body);
  assert.ok(String(headers["webhook-signature"]).split(" ").includes(expected));
  return JSON.parse(body);
}

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

  test("a receiver that hangs stops nobody else's", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const hanging = await startReceiver(() => {});
    const quick = await startReceiver();
    try {
      await addWebhook(world, { url: hanging.url, school: slug });
      await addWebhook(world, { url: quick.url, school: slug });
      await world.happen({ schoolId, subject: "1" });
      world.teller.kick();
      await Promise.all([hanging.count(1), quick.count(1)]);
      // What happens while it hangs goes out as well.
      await world.happen({ schoolId, subject: "2" });
      world.teller.kick();
      await quick.count(2);
      assert.equal(hanging.received.length, 1);
      await world.teller.run();
    } finally {
      await Promise.all([hanging.stop(), quick.stop()]);
    }
  });

  test("no redirect is followed, and what an answer says of its length is nobody's concern", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const target = await startReceiver();
    const answers: Record<string, (response: import("node:http").ServerResponse) => void> = {
      "/redirects": (response) => response.writeHead(307, { location: target.url }).end(),
      "/lies": (response) => {
        response.writeHead(200, { "content-length": "1000000" });
        response.write("short");
      },
      "/endless": (response) => {
        response.writeHead(200);
        const more = setInterval(() => response.write("x".repeat(65_536)), 1);
        response.on("close", () => clearInterval(more));
      },
      "/noise": (response) => response.socket!.end("SSH-2.0-OpenSSH_9.2\r\n"),
      "/heads": (response) => response.socket!.end(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(99_999)}`),
      "/closes": (response) => response.socket!.destroy(),
    };
    const receiver = await startReceiver((response, { path }) => answers[path]!(response));
    try {
      const states: Record<string, unknown> = {};
      const ids: Record<string, string> = {};
      for (const path of Object.keys(answers)) {
        const url = receiver.url.replace("/hook", path);
        ids[path] = (await addWebhook(world, { url, school: slug })).id;
      }
      await world.happen({ schoolId });
      await world.teller.run();
      for (const [path, id] of Object.entries(ids)) {
        const [{ attempts: [{ status, problem }] }] = await deliveries(world, id);
        states[path] = problem ?? status;
      }
      assert.deepEqual(states, {
        "/redirects": "it redirects, and redirects are not followed",
        "/lies": 200,
        "/endless": 200,
        "/noise": "it does not answer in HTTP",
        "/heads": "the head of its answer is too long",
        "/closes": "it closed the connection without an answer",
      });
      assert.equal(target.received.length, 0);
    } finally {
      await Promise.all([receiver.stop(), target.stop()]);
    }
  });

  test("two workers never both send one", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      await addWebhook(world, { url: receiver.url, school: slug });
      for (let number = 1; number <= 30; number++) {
        await world.happen({ schoolId, subject: String(number) });
      }
      const others = [world.anotherTeller(), world.anotherTeller()];
      await Promise.all([world.teller, ...others].map((teller) => teller.run()));
      assert.equal(receiver.received.length, 30);
      const ids = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
      assert.equal(ids.size, 30);
    } finally {
      await receiver.stop();
    }
  });

  test("a worker that dies while it sends: another sends it under the same id", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      const { id } = await addWebhook(world, { url: receiver.url, school: slug });
      await world.happen({ schoolId });
      let sent!: () => void;
      const isSending = new Promise<void>((resolve) => sent = resolve);
      const dying = world.anotherTeller({
        post: () => {
          sent();
          return new Promise(() => {});
        },
      });
      dying.run();
      await isSending;
      await world.teller.run();
      assert.equal(receiver.received.length, 0, "it is in another's hands");
      world.later(3 * 60_000);
      await world.teller.run();
      assert.equal(receiver.received.length, 1);
      const [delivery] = await deliveries(world, id);
      assert.equal(delivery.state, "delivered");
      assert.equal(delivery.messageId, receiver.received[0]!.headers["webhook-id"]);
    } finally {
      await receiver.stop();
    }
  });

  test("a receiver that says it is gone is switched off, and its words to wait are heeded", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver((response, { path }) => {
      if (path === "/gone") response.writeHead(410).end();
      else response.writeHead(429, { "retry-after": "3600" }).end();
    });
    try {
      const at = (path: string) => receiver.url.replace("/hook", path);
      const gone = await addWebhook(world, { url: at("/gone"), school: slug });
      const busy = await addWebhook(world, { url: at("/busy"), school: slug });
      await world.happen({ schoolId });
      await world.teller.run();
      const { body } = await world.admin("GET", `/admin/webhooks/${gone.id}`);
      assert.equal(body.state, "gone");
      assert.equal((await deliveries(world, gone.id))[0].state, "failed");
      const [{ dueAt }] = await deliveries(world, busy.id);
      assert.equal(Date.parse(dueAt), world.clock.now + HOUR);
      const on = await world.admin("PATCH", `/admin/webhooks/${gone.id}`, { state: "on" });
      assert.equal(on.body.state, "on");
    } finally {
      await receiver.stop();
    }
  });

  test("a failure of the sending itself is on record without the address", async () => {
    const world = tellingWorld(database().client, {
      post: () => Promise.reject(new PostFailure("its address is not a public one")),
    });
    const { id: schoolId, slug } = await world.school();
    const { id } = await addWebhook(world, { url: "http://10.1.2.3/secret-path", school: slug });
    await world.happen({ schoolId });
    await world.teller.run();
    const [{ attempts }] = await deliveries(world, id);
    assert.equal(attempts[0].problem, "its address is not a public one");
    assert.ok(!JSON.stringify(world.logged).includes("secret-path"));
  });
}, { only: ["file:", "http:"] });
