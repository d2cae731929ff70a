// SPEC section 10: whatever goes wrong, nobody is told never, and nobody twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "@libsql/client";
import { leaseQuery, receiversQuery } from "../../../worker/database/control/webhook-deliveries.ts";
import { createEnding } from "../../../worker/events/ending.ts";
import { createHandingOver } from "../../../worker/events/handing-over.ts";
import { createWebhookSender } from "../../../worker/events/webhook-sender.ts";
import { createPost } from "../../../worker/platform/post.ts";
import { aroundBatches, aroundStatements } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { startReceiver, type TellingWorld, tellingWorld } from "./telling-world.ts";
import { addWebhook } from "./webhook-calls.ts";
import { until } from "../../until.ts";

/** The database, with a look at each statement that is executed alone, before it is answered. */
function lookedAt(
  database: Client,
  look: (sql: string, args: unknown) => Promise<void> | void,
): Client {
  return aroundStatements(database, async (make, statement) => {
    const result = await make();
    const { sql, args = [] } = statement as { sql: string; args?: unknown };
    await look(sql, args);
    return result;
  });
}

async function untold({ context }: TellingWorld, schoolId: number): Promise<number> {
  const { rows } = await context.database.execute({
    sql: "SELECT count(*) FROM occurrences WHERE school_id = ? AND told_at IS NULL",
    args: [schoolId],
  });
  return Number(rows[0]![0]);
}

eachDatabase("what goes wrong while somebody is to be told", (database) => {
  test("an occurrence that cannot be read waits and is tried again; the others are told meanwhile", async () => {
    let isBroken = false;
    const client = lookedAt(database().client, (_sql, args) => {
      if (isBroken && JSON.stringify(args).includes("SHA256:unreadable")) {
        throw new TypeError("no such luck");
      }
    });
    const world = tellingWorld(client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      await addWebhook(world, { url: receiver.url, school: slug });
      for (const fingerprint of ["SHA256:unreadable", "SHA256:plain"]) {
        await client.execute({
          sql: `INSERT INTO ssh_keys (school_id, fingerprint, type, bits, public_key, label,
                  created_at) VALUES (?, ?, 'ssh-rsa', 2048, '', 'office', '')`,
          args: [schoolId, `${fingerprint}${schoolId}`],
        });
        await world.happen({ schoolId, kind: "key.added", subject: `${fingerprint}${schoolId}` });
      }
      isBroken = true;
      const told = () => receiver.received.map(({ body }) => JSON.parse(body).data.key.fingerprint);
      const troubles = () => world.logged.filter(({ event }) => event === "telling.failed");
      await world.teller.run();
      await world.teller.run();
      assert.deepEqual(told(), [`SHA256:plain${schoolId}`]);
      assert.equal(await untold(world, schoolId), 1);
      const [trouble, ...more] = troubles();
      assert.deepEqual(more, [], "tried again after a while");
      const { kind, error } = trouble!;
      assert.deepEqual([kind, error], ["key.added", "TypeError"]);
      assert.ok(!JSON.stringify(trouble).includes("no such luck"));
      world.later(60_000);
      await world.teller.run();
      assert.equal(troubles().length, 2);
      isBroken = false;
      world.later(60_000);
      await world.teller.run();
      await world.teller.run();
      assert.deepEqual(told(), [`SHA256:plain${schoolId}`, `SHA256:unreadable${schoolId}`]);
      assert.equal(await untold(world, schoolId), 0);
    } finally {
      await receiver.stop();
    }
  });

  test("however many cannot be told, those behind them are", async () => {
    const { client } = database();
    const world = tellingWorld(client, { smtpPort: 1 });
    const lost = await world.school();
    const sound = await world.school();
    const receiver = await startReceiver();
    try {
      const contacts = `/admin/schools/${lost.slug}/contacts`;
      const contact = { email: "ruth@college.test", wants: ["silent"], digestAt: "12:00" };
      await world.admin("POST", contacts, { ...contact, timezone: "UTC" });
      const spoil = "UPDATE contacts SET digest_at = ? WHERE school_id = ?";
      await client.execute({ sql: spoil, args: ["noon", lost.id] });
      await addWebhook(world, { url: receiver.url, school: sound.slug });
      for (let subject = 0; subject < 101; subject++) {
        await world.happen({ schoolId: lost.id, subject: String(subject) });
      }
      await world.happen({ schoolId: sound.id });
      await world.teller.run();
      assert.equal(receiver.received.length, 1);
      assert.deepEqual([await untold(world, lost.id), await untold(world, sound.id)], [101, 0]);
      await client.execute({ sql: spoil, args: [contact.digestAt, lost.id] });
      // The clock was put back meanwhile.
      world.later(-86_400_000);
      await world.teller.run();
      assert.equal(await untold(world, lost.id), 0);
    } finally {
      await receiver.stop();
    }
  });

  test("a webhook that cannot be served is tried at the next call; others are served meanwhile", async () => {
    const { client } = database();
    let unserved: string | undefined;
    let failures = 0;
    const world = tellingWorld(aroundStatements(client, (make, statement) => {
      const { sql, args } = statement as { sql: string; args?: unknown[] };
      if (sql === receiversQuery && failures > 3) throw new Error("it tries again and again");
      if (sql !== leaseQuery || unserved === undefined || !args!.includes(unserved)) return make();
      failures += 1;
      return Promise.reject(Object.assign(new Error("no room"), { code: "SQLITE_FULL" }));
    }));
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      const url = (path: string) => receiver.url.replace("/hook", path);
      const { id } = await addWebhook(world, { url: url("/unserved"), school: slug });
      await addWebhook(world, { url: url("/served"), school: slug });
      unserved = id;
      await world.happen({ schoolId });
      const paths = () => receiver.received.map(({ path }) => path);
      await world.teller.run();
      assert.deepEqual([failures, paths()], [1, ["/served"]]);
      await world.teller.run();
      assert.deepEqual([failures, paths()], [2, ["/served"]]);
      unserved = undefined;
      await world.teller.run();
      assert.deepEqual(paths(), ["/served", "/unserved"]);
    } finally {
      await receiver.stop();
    }
  });

  test("what comes while somebody looks for what is due is sent by that run", async () => {
    const { client } = database();
    const world = tellingWorld(client);
    const { id: schoolId, slug } = await world.school();
    const receiver = await startReceiver();
    try {
      await addWebhook(world, { url: receiver.url, school: slug });
      const { clock: { now }, context: { log } } = world;
      const at = { now: () => now, log };
      const runs: Promise<void>[] = [];
      const sender = createWebhookSender({
        ...at,
        database: lookedAt(client, async (sql) => {
          if (sql !== receiversQuery || runs.length > 1) return;
          await world.happen({ schoolId });
          await createHandingOver({ ...at, database: client, hasMail: false })();
          runs.push(sender.run());
        }),
        ending: createEnding().ending,
        post: createPost({ allowPrivate: true }),
        random: () => 0.5,
        randomId: () => crypto.randomUUID(),
      });
      runs.push(sender.run());
      await runs[0];
      assert.equal(runs.length, 2);
      await runs[1];
      assert.equal(receiver.received.length, 1);
    } finally {
      await receiver.stop();
    }
  });

  test("a receiver that has taken one while somebody looked gets the next, though another hangs", async () => {
    const { client } = database();
    let take = (_: { status: number; retryAfter: undefined }) => {};
    const taken = new Promise<{ status: number; retryAfter: undefined }>((done) => take = done);
    let settle = () => {};
    const settled = new Promise<void>((done) => settle = done);
    let quick = "";
    const looked = lookedAt(client, async (sql, args) => {
      if (sql !== receiversQuery || !quick || !JSON.stringify(args).includes(quick)) return;
      take({ status: 200, retryAfter: undefined });
      await settled;
    });
    const posted: string[] = [];
    const world = tellingWorld(
      aroundBatches(looked, async (make, statements) => {
        const results = await make();
        // When whoever waits for it has gone on.
        if (JSON.stringify(statements).includes("attempts = json_insert")) setImmediate(settle);
        return results;
      }),
      {
        post: (url) => {
          posted.push(new URL(url).pathname);
          return url.endsWith("/quick") ? taken : new Promise(() => {});
        },
      },
    );
    const { id: schoolId, slug } = await world.school();
    await addWebhook(world, { url: "http://127.0.0.1:1/hangs", school: slug });
    quick = (await addWebhook(world, { url: "http://127.0.0.1:1/quick", school: slug })).id;
    await world.happen({ schoolId, subject: "1" });
    world.teller.kick();
    await until(() => posted.length === 2);
    await world.happen({ schoolId, subject: "2" });
    world.teller.kick();
    await until(() => posted.length === 3);
    assert.deepEqual(posted.toSorted(), ["/hangs", "/quick", "/quick"]);
  });
}, { only: ["file:", "http:"] });
