import assert from "node:assert/strict";
import { test } from "node:test";
import { PostFailure } from "../../../worker/events/outgoing.ts";
import { eachDatabase } from "../database/each-database.ts";
import { startReceiver, tellingWorld } from "./telling-world.ts";
import { addWebhook, deliveries, hangingPost, HOUR } from "./webhook-calls.ts";

eachDatabase("webhooks and what receives them", (database) => {
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
      await world.teller.stop(Promise.resolve());
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
      const { post, sending } = hangingPost();
      world.anotherTeller({ post }).run();
      await sending;
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
      assert.equal(Date.parse(dueAt), world.clock.now + HOUR, JSON.stringify(world.logged));
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
