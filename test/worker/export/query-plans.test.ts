import assert from "node:assert/strict";
import type { InStatement } from "@libsql/client";
import { recordDeliveries } from "../../../worker/database/school/deliveries.ts";
import { exportRows } from "../../../worker/database/school/exports.ts";
import { tick } from "../../../worker/export/tick.ts";
import {
  addSchool,
  exportNow,
  exportsOf,
  midnight,
  schedule,
  student,
  verify,
  withdraw,
  world,
} from "./school-world.ts";
import { sentences } from "./sentences.ts";

sentences("query plans", {
  "no query of exports reads a whole table": async (database) => {
    const asked: { sql: string; args: unknown[] }[] = [];
    const note = (statement: InStatement) => {
      if (typeof statement === "object") asked.push(statement as (typeof asked)[number]);
    };
    const execute: typeof database.execute = database.execute.bind(database);
    const batch: typeof database.batch = database.batch.bind(database);
    const watched = Object.assign(Object.create(database), {
      execute: (statement: InStatement) => (note(statement), execute(statement)),
      batch: (
        statements: InStatement[],
        mode: "write",
      ) => (statements.forEach(note), batch(statements, mode)),
    });
    const id = await addSchool(database);
    const here = world(watched);
    await verify(here, id, [student(1)]);
    await withdraw(here, id, student(1));
    await schedule(here, id, midnight);
    await tick(here.context);
    await exportNow(here, id);
    const [made] = await exportsOf(watched, id);
    await exportRows(watched, made!.id, 0, 10);
    await watched.batch([recordDeliveries("default", [])], "write");
    const scans: string[] = [];
    for (const { sql, args } of asked) {
      const { rows } = await execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: args as string[] });
      for (const { detail } of rows) {
        // What is handed over as JSON, what a query made itself, a single row, and the index that has the
        // exports in the making only are no tables.
        if (
          /^SCAN (?!asked|done|download|json_each|CONSTANT|waiting|exports USING INDEX exports_making|\(subquery)/
            .test(String(detail))
        ) {
          scans.push(`${detail}: ${sql}`);
        }
      }
    }
    assert.ok(asked.length > 20);
    assert.deepEqual(scans, []);
    const indexOf = async (words: RegExp) => {
      const { sql, args } = asked.find(({ sql }) => words.test(sql))!;
      const { rows } = await execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: args as string[] });
      return rows.map(({ detail }) => String(detail)).join("\n");
    };
    assert.match(await indexOf(/FROM schedules .*WHERE ready_at/s), /USING INDEX schedules_ready/);
    // What earlier pieces and exports took is not read again for each piece.
    assert.match(await indexOf(/INTO export_rows/), /USING INDEX verifications_to_export/);
  },
});
