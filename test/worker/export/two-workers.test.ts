import type { SchoolId } from "../../../shared/protocol.ts";
import assert from "node:assert/strict";
import { openDatabase } from "../../../worker/database/client.ts";
import { tick } from "../../../worker/export/tick.ts";
import {
  addSchool,
  exportNow,
  exportsOf,
  midnight,
  readFile,
  schedule,
  student,
  verify,
  world,
} from "./school-world.ts";
import { sentences } from "./sentences.ts";

const SCHOOLS = 100;

sentences("two workers", {
  "two workers never both run an export": async (database, url) => {
    const other = await openDatabase({ url });
    try {
      const workers = [world(database), world(other)];
      const ids: SchoolId[] = [];
      for (let count = 0; count < SCHOOLS; count += 1) {
        const id = await addSchool(database, 3);
        await verify(workers[0]!, id, [student(3), student(1)]);
        await schedule(workers[0]!, id, midnight);
        ids.push(id);
      }
      // Both find all hundred due before either has made one.
      const ticks = await Promise.all(workers.map(({ context }) => tick(context, SCHOOLS)));
      assert.deepEqual(workers.flatMap(({ logged }) => logged), []);
      assert.deepEqual(ticks.map(({ due }) => due), [SCHOOLS, SCHOOLS]);
      assert.equal(ticks.reduce((sum, { made }) => sum + made, 0), SCHOOLS);
      for (const id of ids) {
        const [made, ...duplicates] = await exportsOf(database, id);
        assert.deepEqual(duplicates, []);
        assert.equal(
          await readFile(other, made),
          "Username,StudentId,VerifyDate\r\nStudent3@example.edu,S3,11/21/2026\r\n" +
            "Student1@example.edu,S1,11/21/2026\r\n",
        );
      }
      const { rows } = await database.execute("SELECT command FROM commands");
      const delivered = rows.map((row) => JSON.parse(String(row.command)).exportId);
      assert.equal(new Set(delivered).size, SCHOOLS);
      assert.equal(delivered.length, SCHOOLS);
    } finally {
      other.close();
    }
  },

  "while two workers tick and run now, each verification is in one export": async (
    database,
    url,
  ) => {
    const other = await openDatabase({ url });
    try {
      // Not at the very due time: a run now of that millisecond would stand for the scheduled one.
      const [one, two] = [world(database, midnight + 5), world(other, midnight + 9)];
      const id = await addSchool(database, 60);
      await schedule(one, id, midnight, "* * * * *");
      for (let round = 0; round < 20; round += 1) {
        const three = [1, 2, 3].map((number) => student(round * 3 + number));
        await Promise.all([
          verify(one, id, three),
          tick(one.context),
          tick(two.context),
          exportNow(two, id),
          exportNow(one, id),
        ]);
        one.clock.now += 60_000;
        two.clock.now += 60_000;
      }
      await exportNow(one, id);
      const made = await exportsOf(database, id);
      const files = await Promise.all(made.map((stored) => readFile(database, stored)));
      const found = files.flatMap((file) => file.split("\r\n").slice(1, -1));
      assert.equal(found.length, 60);
      assert.equal(new Set(found).size, 60);
      assert.equal(new Set(made.map(({ name }) => name)).size, made.length);
      assert.equal(made.length, 20 + 40 + 1);
    } finally {
      other.close();
    }
  },
});
