// SPEC 10: nobody is told late because a worker was asked to end, none twice under two ids, none never.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { addContact, header, mailsOf, withWorldAndMailbox } from "./mail-calls.ts";
import { startReceiver, tellingWorld } from "./telling-world.ts";
import { addWebhook, deliveries } from "./webhook-calls.ts";

const facts = { silentSince: "2026-11-20T00:00:00.000Z" };
const never = new Promise<void>(() => {});
const atOnce = Promise.resolve();

eachDatabase("a worker that is asked to end", (database) => {
  test("gives back what it sends to a webhook: the next one goes on at once, in order, under the same ids", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    let isHanging = true;
    const receiver = await startReceiver((response) => {
      if (!isHanging) response.end();
    });
    try {
      const { id } = await addWebhook(world, { url: receiver.url, school: slug });
      for (const subject of ["1", "2", "3"]) await world.happen({ schoolId, subject, facts });
      const sending = world.teller.run();
      await receiver.count(1);
      await world.teller.stop(atOnce);
      await sending;
      assert.equal(receiver.received.length, 1, "it begins to send nothing more");
      isHanging = false;
      await world.anotherTeller().run();
      const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
      assert.equal(ids.length, 4);
      assert.equal(ids[1], ids[0], "what was cut off comes again, and first");
      assert.deepEqual(ids.slice(1), ids.slice(1).toSorted());
      assert.equal(new Set(ids).size, 3);
      const first = (await deliveries(world, id)).find(({ messageId }) => messageId === ids[0]);
      assert.equal(first.state, "delivered");
      const attempts: { status: number | null; problem: string | null }[] = first.attempts;
      assert.deepEqual(attempts.map(({ status }) => status), [null, 200]);
      assert.match(attempts[0]!.problem!, /the worker ended before it answered/);
      const { body } = await world.admin("GET", `/admin/webhooks/${id}`);
      assert.equal(body.failures, 0, "the receiver has not failed");
    } finally {
      await receiver.stop();
    }
  });

  test("waits for what a webhook is taking, and that is not sent again", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const held: ServerResponse[] = [];
    const receiver = await startReceiver((response) => {
      if (held.push(response) > 1) response.end();
    });
    try {
      await addWebhook(world, { url: receiver.url, school: slug });
      for (const subject of ["1", "2"]) await world.happen({ schoolId, subject, facts });
      const sending = world.teller.run();
      await receiver.count(1);
      const stopped = world.teller.stop(never);
      held[0]!.end();
      await Promise.all([stopped, sending]);
      assert.equal(receiver.received.length, 1);
      await world.teller.run();
      assert.equal(receiver.received.length, 1, "one that ends sends nothing, whoever asks");
      await world.anotherTeller().run();
      const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
      assert.deepEqual(ids, [...new Set(ids)]);
      assert.equal(ids.length, 2);
    } finally {
      await receiver.stop();
    }
  });

  test("gives back the mails that it has in hand: the next one sends them at once", async () => {
    await withWorldAndMailbox(database().client, async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, { email: "ruth@college.test", wants: ["silent"] });
      for (const subject of ["1", "2", "3"]) await world.happen({ schoolId, subject, facts });
      const begun: string[] = [];
      let isSending!: () => void;
      const sends = new Promise<void>((resolve) => isSending = resolve);
      const hanging = world.anotherTeller({
        mail: {
          domain: "roster.test",
          openServer: () => ({
            send: ({ messageId }) => {
              begun.push(messageId);
              isSending();
              return new Promise<never>(() => {});
            },
            close() {},
          }),
        },
      });
      const sending = hanging.run();
      await sends;
      await hanging.stop(atOnce);
      await sending;
      await world.teller.run();
      const ids = mailbox.mails.map(({ source }) => header(source, "message-id"));
      assert.equal(ids.length, 3);
      assert.equal(new Set(ids).size, 3);
      assert.equal(begun.length, 1);
      assert.ok(ids.includes(begun[0]), "with the Message-ID that it was begun with");
      const mails = await mailsOf(world, slug);
      assert.deepEqual(mails.map(({ state, tries }) => [state, tries]), [
        ["sent", 1],
        ["sent", 1],
        ["sent", 1],
      ]);
    });
  });

  test("waits for the mail server's answer, and that mail is not sent again", async () => {
    await withWorldAndMailbox(database().client, async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, { email: "ruth@college.test", wants: ["silent"] });
      for (const subject of ["1", "2"]) await world.happen({ schoolId, subject, facts });
      const taken: string[] = [];
      let isSending!: () => void;
      const sends = new Promise<void>((resolve) => isSending = resolve);
      let answer!: () => void;
      const answers = new Promise<void>((resolve) => answer = resolve);
      const slow = world.anotherTeller({
        mail: {
          domain: "roster.test",
          openServer: () => ({
            async send({ messageId }) {
              isSending();
              await answers;
              taken.push(messageId);
              return { kind: "taken", answer: "250 OK" };
            },
            close() {},
          }),
        },
      });
      const sending = slow.run();
      await sends;
      const stopped = slow.stop(never);
      answer();
      await Promise.all([stopped, sending]);
      await world.teller.run();
      const ids = mailbox.mails.map(({ source }) => header(source, "message-id")!);
      assert.equal(taken.length, 1);
      assert.equal(ids.length, 1);
      assert.equal(new Set([...taken, ...ids]).size, 2);
    });
  });
}, { only: ["file:", "http:"] });
