import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Crash, dyingDatabase } from "../database/around.ts";
import { eachDatabase, runsOver } from "../database/each-database.ts";
import { header } from "./mail-calls.ts";
import { startMailbox, startReceiver, tellingWorld } from "./telling-world.ts";

const HOUR = 3_600_000;

eachDatabase("whatever crashes", (database) => {
  test("everyone is told, under one id each, and twice at most what a dying worker had in hand", async () => {
    const mailbox = await startMailbox();
    const receiver = await startReceiver();
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 60 }),
          fc.boolean(),
          fc.integer({ min: 1, max: 6 }),
          async (dies, isHeard, happenings) => {
            const { client } = database();
            const world = tellingWorld(client, { smtpPort: mailbox.port });
            const { id: schoolId, slug } = await world.school();
            await world.admin("POST", "/admin/webhooks", { url: receiver.url, school: slug });
            const contacts = `/admin/schools/${slug}/contacts`;
            const wants = ["silent"];
            await world.admin("POST", contacts, { email: `now@${slug}.test`, wants });
            const digest = { digestAt: "12:00", timezone: "UTC" };
            await world.admin("POST", contacts, { email: `day@${slug}.test`, wants, ...digest });
            const facts = { silentSince: "2026-11-20T00:00:00.000Z" };
            for (let subject = 1; subject <= happenings; subject++) {
              await world.happen({ schoolId, subject: String(subject), facts });
            }
            receiver.received.length = 0;
            mailbox.mails.length = 0;
            const dying = world.anotherTeller({ database: dyingDatabase(client, dies, isHeard) });
            await dying.run().catch((error) => assert.ok(error instanceof Crash, error));
            for (let look = 0; look < 6; look++) {
              world.later(6 * HOUR);
              await world.teller.run();
            }

            const posted = receiver.received.map(({ headers }) => headers["webhook-id"]);
            assert.equal(new Set(posted).size, happenings, "each message");
            assert.ok(posted.length <= happenings + 1, "one was in hand");
            const to = (who: string) =>
              mailbox.mails.filter(({ to: [address] }) => address === `${who}@${slug}.test`);
            const ids = to("now").map(({ source }) => header(source, "message-id"));
            assert.equal(new Set(ids).size, happenings, "each mail");
            assert.ok(ids.length <= happenings + 1, "one was in hand");
            assert.equal(to("day").length, 1, "one digest");
            const { rows: [left] } = await client.execute({
              sql: `SELECT (SELECT count(*) FROM occurrences WHERE school_id = ?1
                  AND told_at IS NULL) + (SELECT count(*) FROM webhook_deliveries
                  WHERE school_id = ?1 AND state <> 'delivered') + (SELECT count(*) FROM mails
                  WHERE school_id = ?1 AND state <> 'sent') AS left`,
              args: [schoolId],
            });
            assert.equal(Number(left!["left"]), 0);
          },
        ),
        { numRuns: runsOver(database().client, 25), endOnFailure: true },
      );
    } finally {
      await Promise.all([receiver.stop(), mailbox.stop()]);
    }
  });
}, { only: ["file:", "http:"] });
