import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../../worker/context.ts";
import { eachDatabase } from "../database/each-database.ts";
import { tellingWorld } from "./telling-world.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

eachDatabase("what was told long ago", (database) => {
  test("is forgotten within minutes, each kind after its days; what is younger is kept", async () => {
    const { client } = database();
    const world = tellingWorld(client, { smtpPort: 1 });
    const { id: schoolId, slug } = await world.school();
    const contact = { email: "ruth@college.test", wants: ["silent"] };
    await world.admin("POST", `/admin/schools/${slug}/contacts`, contact);
    const tables: [table: string, days: number, sql: string][] = [
      [
        "occurrences",
        90,
        `(school_id, kind, subject, once, at, facts, told_at)
          SELECT :schoolId, 'key.added', '', :at || i, :at, '{}', :at FROM n`,
      ],
      [
        "webhook_deliveries",
        30,
        `(id, webhook_id, school_id, message_id, kind, body, state, created_at, give_up_at,
          finished_at)
          SELECT :at || i, 'webhook', :schoolId, '', '', '', 'delivered', :at, :at, :at FROM n`,
      ],
      [
        "mails",
        90,
        `(id, contact_id, school_id, is_digest, state, created_at, finished_at)
          SELECT :at || i, contacts.id, :schoolId, 0, 'sent', :at, :at FROM n, contacts
          WHERE school_id = :schoolId`,
      ],
    ];
    const ago = (days: number) => instant(world.clock.now - days * DAY);
    const add = (table: string, count: number, at: string, sql: string) =>
      client.execute({
        sql: `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
          INSERT INTO ${table} ${sql}`,
        args: { count, schoolId, at },
      });
    for (const [table, days, sql] of tables) {
      // More than go at once.
      await add(table, 1200, ago(days + 1), sql);
      await add(table, 3, ago(days - 1), sql);
    }
    for (let look = 0; look < 3; look++) {
      await world.teller.run();
      world.later(MINUTE);
    }
    for (const [table] of tables) {
      const { rows: [row] } = await client.execute({
        sql: `SELECT count(*) AS count FROM ${table} WHERE school_id = ?`,
        args: [schoolId],
      });
      assert.equal(Number(row!["count"]), 3, table);
    }
  });
}, { only: ["file:", "http:"] });
