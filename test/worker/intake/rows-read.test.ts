/** What a roster reads of a database is what its rows name, and each of it a few times. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { hasSqld, startSqld } from "../database/sqld.ts";
import { header, makeSchool, students, upload } from "../roster/world.ts";

const ROWS = 400;

interface Version {
  idOf(i: number): string;
  lastName?: string;
  domain?: string;
}

const file = ({ idOf, lastName = "", domain = "x.edu" }: Version) =>
  header +
  Array.from({ length: ROWS }, (_, i) => `u${i}@${domain},${idOf(i)},${lastName},,,,,,1\r\n`)
    .join("");

test(
  "a row that changes nothing, however it is written, is read as often as one that is as stored, and a change costs few rows more",
  {
    skip: hasSqld ? false : "there is no sqld for this platform",
  },
  async () => {
    const sqld = await startSqld();
    const database = await openDatabase({ url: sqld.url });
    try {
      await migrate(database, "2026-11-22T00:00:00.000Z");
      const school = await makeSchool(database);
      /** What each row of a file costs, and how many of its rows changed a student. */
      const cost = async (version: Version): Promise<[number, number]> => {
        const before = await sqld.rowsRead();
        const { counts } = await upload(database, school, file(version));
        const read = await sqld.rowsRead() - before;
        return [Math.floor(read / ROWS), counts["updated"]!];
      };
      const stored = (i: number) => `S${i}`;
      await cost({ idOf: stored, lastName: "Lee" });
      assert.deepEqual(await cost({ idOf: stored, lastName: "Lee" }), [4, 0]);
      assert.deepEqual(await cost({ idOf: () => "" }), [4, 0]);
      assert.deepEqual(await cost({ idOf: stored, lastName: "Lee", domain: "X.EDU" }), [4, 0]);
      assert.deepEqual(await cost({ idOf: stored, lastName: "Low" }), [9, ROWS]);
      assert.deepEqual(await cost({ idOf: (i) => `T${i}` }), [9, ROWS]);
      const rotated = await cost({ idOf: (i) => `T${(i + 1) % ROWS}`, lastName: "Lum" });
      assert.deepEqual(rotated, [22, ROWS]);
      const [first] = await students(database, school);
      assert.deepEqual([first!["student_id"], first!["last_name"]], ["T1", "Lum"]);
    } finally {
      database.close();
      await sqld.stop();
    }
  },
);
