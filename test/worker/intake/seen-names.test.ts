// A slice asks for what was seen since the last one, and believes the database alone.
import type { Client } from "@libsql/client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { forgetSeen } from "../../../worker/database/school/seen-names.ts";
import { header, makeSchool, upload } from "../roster/world.ts";

const SLICES = 8;
const rows = (names: readonly string[]) =>
  header + names.map((name) => `${name}@x.edu,,,,,,,,1\r\n`).join("");
/** The first of each slice is in the first slice already. */
const names = Array.from({ length: SLICES * 10 }, (_, i) => i % 10 === 0 ? "u1" : `u${i}`);

/** A client that counts how many slices' indexes it was answered with. */
function counting(client: Client) {
  const counted = { indexes: 0, client };
  counted.client = aroundBatches(client, async (make) => {
    const results = await make();
    for (const { rows, columns } of results) {
      if (columns[0] === "seen") counted.indexes += rows.length;
    }
    return results;
  });
  return counted;
}

/** The lines that are told to be repeated, each with the earlier line. */
const repeated = (report: string[]) =>
  report.flatMap((line) =>
    /^(\d+),.*already in line (\d+) /.exec(line)?.slice(1, 3).join("<") ?? []
  );

const expected = [
  "3<2",
  ...Array.from({ length: SLICES - 1 }, (_, i) => `${i * 10 + 12}<${i === 0 ? 3 : i * 10 + 2}`),
];

eachDatabase("the Usernames of the slices before", (opened) => {
  for (const isChecked of [false, true]) {
    const terms = { checkOnly: false, additionsUntil: null, isSnapshot: true };
    const options = { sliceRows: 10, ...(isChecked ? { terms } : {}) };
    const how = isChecked ? "checked" : "applied";
    test(`are read once when a roster is ${how}, however many slices were before`, async () => {
      const counted = counting(opened().client);
      const school = await makeSchool(counted.client);
      const { state, report } = await upload(counted.client, school, rows(names), options);
      assert.equal(state, "completed");
      assert.deepEqual(repeated(report), expected);
      assert.equal(counted.indexes, (SLICES - 1) * (isChecked ? 2 : 1));
    });

    test(`are read anew by a worker that begins in the middle when a roster is ${how}`, async () => {
      const { client } = opened();
      const school = await makeSchool(client);
      let slices = 0;
      const { report } = await upload(client, school, rows(names), {
        ...options,
        async between() {
          const { rows: uploads } = await client.execute({
            sql: "SELECT id FROM uploads WHERE school_id = ?",
            args: [school],
          });
          if (++slices % 3 === 0) forgetSeen(String(uploads[0]!["id"]));
        },
      });
      assert.deepEqual(repeated(report), expected);
    });
  }

  test("are not believed where the database has others", async () => {
    const { client } = opened();
    const school = await makeSchool(client);
    let slices = 0;
    const { report } = await upload(client, school, rows(names), {
      sliceRows: 10,
      async between() {
        if (++slices !== 4) return;
        await client.execute({
          sql: `UPDATE slices SET seen = NULL
                WHERE upload_id IN (SELECT id FROM uploads WHERE school_id = ?)`,
          args: [school],
        });
      },
    });
    // The fifth slice finds nothing before it, and what comes after it goes by it.
    assert.deepEqual(repeated(report), [...expected.slice(0, 4), ...expected.slice(5)]);
  });
});
