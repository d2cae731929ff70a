import assert from "node:assert/strict";
import { recordDeliveries } from "../../../worker/database/school/deliveries.ts";
import { exportRows } from "../../../worker/database/school/exports.ts";
import { tick } from "../../../worker/export/tick.ts";
import { scans, watched } from "../database/asked.ts";
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
    const { client, asked } = watched(database);
    const id = await addSchool(database);
    const here = world(client);
    await verify(here, id, [student(1)]);
    await withdraw(here, id, student(1));
    await schedule(here, id, midnight);
    await tick(here.context);
    await exportNow(here, id);
    const [made] = await exportsOf(client, id);
    await exportRows(client, made!.id, 0, 10);
    await client.batch([recordDeliveries("default", [])], "write");
    const found = await scans(database, asked.values());
    assert.ok(asked.size > 20, `${asked.size} statements`);
    // The index that has the exports in the making only.
    assert.deepEqual(found.filter((scan) => !/^exports USING INDEX exports_making/.test(scan)), []);
    const indexOf = async (words: RegExp) => {
      const { sql, args } = [...asked.values()].find(({ sql }) => words.test(sql))!;
      const { rows } = await database.execute({
        sql: `EXPLAIN QUERY PLAN ${sql}`,
        args: args as string[],
      });
      return rows.map(({ detail }) => String(detail)).join("\n");
    };
    assert.match(await indexOf(/FROM schedules .*WHERE ready_at/s), /USING INDEX schedules_ready/);
    // What earlier pieces and exports took is not read again for each piece.
    assert.match(await indexOf(/INTO export_rows/), /USING INDEX verifications_to_export/);
  },
});
