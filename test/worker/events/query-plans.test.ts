import assert from "node:assert/strict";
import { test } from "node:test";
import { scans, watched } from "../database/asked.ts";
import { eachDatabase } from "../database/each-database.ts";
import { startMailbox, startReceiver, tellingWorld } from "./telling-world.ts";

const DAY = 86_400_000;

eachDatabase("query plans of telling", (database) => {
  test("no statement that tells or watches reads a whole table", async () => {
    const { client, asked } = watched(database().client);
    const mailbox = await startMailbox();
    let status = 200;
    const receiver = await startReceiver((response) => response.writeHead(status).end());
    try {
      const world = tellingWorld(client, { smtpPort: mailbox.port });
      const expectEvery = { when: "every day at noon", timezone: "UTC" };
      const { id: schoolId, slug } = await world.school({ expectEvery });
      const { body: { id } } = await world.admin("POST", "/admin/webhooks", {
        url: receiver.url,
        school: slug,
      });
      const contact = { email: "ruth@college.test", wants: ["silent", "key_expiring"] };
      await world.admin("POST", `/admin/schools/${slug}/contacts`, contact);
      await client.execute({
        sql:
          `INSERT INTO ssh_keys (school_id, fingerprint, type, bits, public_key, label, created_at,
                expires_at) VALUES (?, 'SHA256:planned', 'ssh-rsa', 2048, '', '', '', ?)`,
        args: [schoolId, new Date(world.clock.now + 6 * DAY).toISOString()],
      });
      await client.execute({
        sql: `INSERT INTO exports (school_id, due_at, id, name, students, created_at, delivered_at)
              VALUES (?, 'planned', 'planned', 'verified.csv', 3, '', ?)`,
        args: [schoolId, new Date(world.clock.now).toISOString()],
      });
      asked.clear();
      for (let day = 0; day < 9; day++) {
        await world.teller.run();
        status = day % 2 === 0 ? 500 : 200;
        world.later(DAY);
      }
      const since = "2026-11-01T00:00:00.000Z";
      await world.admin("POST", `/admin/webhooks/${id}/replay`, { since });
      assert.ok(mailbox.mails.length >= 2 && receiver.received.length >= 3);
      const found = await scans(database().client, asked.values());
      assert.ok(asked.size > 25, `${asked.size} statements`);
      assert.deepEqual(found.filter((scan) => !allowed.some((one) => one.test(scan))), []);
    } finally {
      await Promise.all([receiver.stop(), mailbox.stop()]);
    }
  });
}, { only: ["file:", "http:"] });

/** Scans that are bounded by something else. */
const allowed = [
  // What administrators registered: a handful.
  /^webhooks: (SELECT id, (school_id|url)|UPDATE webhooks SET ready_at)/,
  /^webhooks USING COVERING INDEX \S+: UPDATE webhook_deliveries /,
  // The last of its own key.
  /^seals: .* ORDER BY number DESC LIMIT 1$/,
  // Indexes that hold only what is to be done, or what is not well.
  / USING (?:COVERING )?INDEX (?:occurrences_untold|watches_silent)\b/,
];
