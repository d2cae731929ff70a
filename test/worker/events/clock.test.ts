// A clock that ran a year ahead and was put right: nothing waits for what it wrote meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../../worker/context.ts";
import { dueRetentions } from "../../../worker/database/control/retentions.ts";
import { retainInPassing } from "../../../worker/intake/retention.ts";
import { eachDatabase } from "../database/each-database.ts";
import { startMailbox, startReceiver, type TellingWorld, tellingWorld } from "./telling-world.ts";
import { addWebhook, hangingPost, HOUR } from "./webhook-calls.ts";

const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

const expectEvery = { when: "every day at noon", timezone: "UTC" };

async function kinds({ context }: TellingWorld, schoolId: number): Promise<unknown[]> {
  const { rows } = await context.database.execute({
    sql: "SELECT kind FROM occurrences WHERE school_id = ? ORDER BY number",
    args: [schoolId],
  });
  return rows.map((row) => row["kind"]);
}

async function apply({ context, clock }: TellingWorld, schoolId: number): Promise<void> {
  const at = instant(clock.now);
  await context.database.execute({
    sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
            address, client, accepted_at, completed_at)
          VALUES (?, ?, 'roster.csv', ?, 'completed', 10, '', '', '', '', ?, ?)`,
    args: [crypto.randomUUID(), schoolId, at, at, at],
  });
}

eachDatabase("a clock that ran a year ahead and was put right", (database) => {
  /** It is 10:15 of 2026-11-22. */
  async function aYearAhead(world: TellingWorld, meanwhile: () => Promise<void>) {
    world.later(YEAR);
    await meanwhile();
    await world.teller.run();
    world.later(-YEAR + 60_000);
    await world.teller.run();
  }

  test("keeps no webhook waiting that failed meanwhile", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    let status = 500;
    const receiver = await startReceiver((response) => response.writeHead(status).end());
    try {
      await addWebhook(world, { url: receiver.url, school: slug });
      await aYearAhead(world, async () => {
        for (let subject = 1; subject <= 4; subject++) {
          await world.happen({ schoolId, subject: String(subject) });
          await world.teller.run();
          world.later(HOUR);
        }
        world.later(-4 * HOUR);
        status = 200;
      });
      world.later(60_000);
      await world.teller.run();
      const taken = new Set(receiver.received.slice(-4).map((one) => one.headers["webhook-id"]));
      assert.equal(taken.size, 4);
      const { rows } = await world.context.database.execute({
        sql: "SELECT state FROM webhook_deliveries WHERE school_id = ?",
        args: [schoolId],
      });
      assert.deepEqual(rows.map((row) => row["state"]), Array(4).fill("delivered"));
    } finally {
      await receiver.stop();
    }
  });

  test("nor what a worker had in hand that ended meanwhile", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      await addWebhook(world, { url: receiver.url, school: slug });
      // Made by the right clock.
      await world.happen({ schoolId });
      const failing = world.anotherTeller({
        post: () => Promise.resolve({ status: 500, retryAfter: undefined }),
      });
      await failing.run();
      world.later(60_000);
      await aYearAhead(world, async () => {
        const { post, sending } = hangingPost();
        world.anotherTeller({ post }).run();
        await sending;
      });
      world.later(60_000);
      await world.teller.run();
      assert.equal(receiver.received.length, 1);
    } finally {
      await receiver.stop();
    }
  });

  test("nor a mail", async () => {
    const mailbox = await startMailbox();
    try {
      const world = tellingWorld(database().client, { smtpPort: mailbox.port });
      const { id: schoolId, slug } = await world.school();
      const contact = { email: `day@${slug}.test`, wants: ["silent"], timezone: "UTC" };
      await world.admin("POST", `/admin/schools/${slug}/contacts`, {
        ...contact,
        digestAt: "12:00",
      });
      const facts = { silentSince: instant(world.clock.now) };
      await aYearAhead(world, () => world.happen({ schoolId, facts }));
      world.later(60_000);
      await world.teller.run();
      assert.deepEqual(mailbox.mails.map(({ to }) => to), [[contact.email]]);
    } finally {
      await mailbox.stop();
    }
  });

  test("keeps no school unwatched, and none silent that is heard", async () => {
    const world = tellingWorld(database().client);
    const [sent, silent] = [
      await world.school({ expectEvery }),
      await world.school({ expectEvery }),
    ];
    await world.teller.run();
    await apply(world, sent.id);
    await aYearAhead(world, () => apply(world, sent.id));
    assert.deepEqual(await kinds(world, silent.id), ["school.silent"]);
    world.later(30_000);
    await apply(world, silent.id);
    world.later(30_000);
    await world.teller.run();
    assert.deepEqual(await kinds(world, silent.id), ["school.silent", "school.heard"]);
    // Noon of the same day, and of the next, by which nothing came.
    world.later(2 * HOUR);
    await world.teller.run();
    assert.deepEqual(await kinds(world, sent.id), []);
    world.later(DAY);
    await world.teller.run();
    assert.deepEqual(await kinds(world, sent.id), ["school.silent"]);
  });

  test("keeps no export unwatched that was delivered meanwhile", async () => {
    const { client } = database();
    const world = tellingWorld(client);
    const { id: schoolId } = await world.school();
    await aYearAhead(world, async () => {
      await client.execute({
        sql: `INSERT INTO exports (school_id, due_at, id, name, students, created_at, delivered_at,
                made_at) VALUES (?, 'ahead', ?, 'verified.csv', 3, '', ?, '')`,
        args: [schoolId, crypto.randomUUID(), instant(world.clock.now)],
      });
      await client.execute({
        sql: `INSERT INTO files (school_id, path, state, size, at)
                VALUES (?, '/outbound/verified.csv', 'complete', 1, '')`,
        args: [schoolId],
      });
    });
    world.later(8 * DAY);
    await world.teller.run();
    assert.deepEqual(await kinds(world, schoolId), ["export.not_downloaded"]);
  });

  test("keeps no school's files longer than it asked for", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    await world.admin("PUT", `/admin/schools/${slug}/retention`, { days: 30, reason: "policy" });
    const isDue = async () => {
      const due = await dueRetentions(database().client, instant(world.clock.now), 1000);
      return due.some((one) => one.schoolId === schoolId);
    };
    assert.equal(await isDue(), true);
    await aYearAhead(world, async () => {
      await retainInPassing(world.context);
      assert.equal(await isDue(), false);
    });
    assert.equal(await isDue(), true);
    assert.ok(!world.logged.some(({ event }) => event === "retention.failed"));
  });
}, { only: ["file:", "http:"] });
