import type { ExportId, SchoolId } from "../../../shared/protocol.ts";
import type { NumberedEvent } from "../../../worker/database/school/ledger.ts";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { InStatement } from "@libsql/client";
import fc from "fast-check";
import {
  deliverAgain,
  recordDeliveries,
  recordDownloads,
} from "../../../worker/database/school/deliveries.ts";
import { getExport } from "../../../worker/database/school/exports.ts";
import { deleteSchedule } from "../../../worker/database/control/schedules.ts";
import { tick } from "../../../worker/export/tick.ts";
import * as school from "./school-world.ts";
import {
  addSchool,
  at,
  exportNow,
  exportsOf,
  midnight,
  readFile,
  student,
  verify,
  world,
} from "./school-world.ts";
import { runsOver } from "../database/each-database.ts";
import { sentences } from "./sentences.ts";

const DAY = 86_400_000;
const header = "Username,StudentId,VerifyDate\r\n";

sentences("exports", {
  "every verification not yet exported goes into the file of the due time": async (database) => {
    const here = world(database, midnight - 1);
    const id = await addSchool(database);
    await school.schedule(here, id, midnight);
    await verify(here, id, [student(2), student(1)]);
    assert.deepEqual(await tick(here.context), { due: 0, made: 0, failed: 0, unfinished: false });
    here.clock.now = midnight;
    assert.deepEqual(await tick(here.context), { due: 1, made: 1, failed: 0, unfinished: false });
    const [made, ...others] = await exportsOf(database, id);
    assert.deepEqual(others, []);
    assert.equal(made!.name, "verified-20261121T000000000Z.csv");
    assert.equal(made!.dueAt, "2026-11-21T00:00:00.000Z");
    assert.equal(made!.students, 2);
    assert.equal(
      await readFile(database, made),
      header + "Student2@example.edu,S2,11/20/2026\r\nStudent1@example.edu,S1,11/20/2026\r\n",
    );
  },

  "rows stand in order of verification, VerifyDate is the UTC date": async (database) => {
    const here = world(database);
    const id = await addSchool(database, 4);
    await verify(here, id, [student(1), student(4)]);
    await verify(here, id, [student(2)], Date.parse("2026-03-01T00:30:00+02:00"));
    await verify(here, id, [student(3)], Date.parse("2026-03-01T00:00:00Z"));
    await exportNow(here, id);
    const [made] = await exportsOf(database, id);
    assert.equal(
      await readFile(database, made),
      header + "Student2@example.edu,S2,02/28/2026\r\nStudent3@example.edu,S3,03/01/2026\r\n" +
        "Student1@example.edu,S1,11/21/2026\r\nStudent4@example.edu,S4,11/21/2026\r\n",
    );
  },

  "the file is RFC 4180, UTF-8, CRLF, and no cell of it is changed": async (database) => {
    const here = world(database);
    const id = await addSchool(database, 0);
    await database.execute({
      sql: `INSERT INTO students (school_id, username_key, username, student_id)
      VALUES (?1, 'o"neil', 'O"Neil', NULL), (?1, '=1+1', '=1+1', 'a,b'), (?1, 'zoë', 'Zoë', '')`,
      args: [id],
    });
    await verify(here, id, ['o"neil', "=1+1", "zoë"]);
    await exportNow(here, id);
    const [made] = await exportsOf(database, id);
    assert.equal(
      await readFile(database, made),
      header + '"O""Neil",,11/21/2026\r\n=1+1,"a,b",11/21/2026\r\nZoë,,11/21/2026\r\n',
    );
  },

  "nothing new: a file with the header only": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await school.schedule(here, id, midnight);
    await tick(here.context);
    const [made] = await exportsOf(database, id);
    assert.equal(made!.students, 0);
    assert.equal(await readFile(database, made), header);
  },

  "nothing new and emptyExports is skip: no file, and the next time is due": async (database) => {
    const here = world(database);
    const id = await addSchool(database, 3, { emptyExports: "skip" });
    await school.schedule(here, id, midnight);
    assert.deepEqual(await tick(here.context), { due: 1, made: 0, failed: 0, unfinished: false });
    assert.equal(await exportNow(here, id), undefined);
    assert.deepEqual(await tick(here.context), { due: 0, made: 0, failed: 0, unfinished: false });
    assert.deepEqual(await exportsOf(database, id), []);
    assert.deepEqual((await database.execute("SELECT id FROM commands")).rows, []);
    await verify(here, id, [student(1)]);
    here.clock.now = midnight + DAY;
    await tick(here.context);
    assert.deepEqual((await exportsOf(database, id)).map((made) => made.students), [1]);
  },

  "a missed time is made up once on return": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await school.schedule(here, id, midnight);
    await verify(here, id, [student(1)]);
    here.clock.now = midnight + 3 * DAY + 3_600_000;
    assert.equal((await tick(here.context)).made, 1);
    assert.equal((await tick(here.context)).made, 0);
    here.clock.now = midnight + 4 * DAY;
    assert.equal((await tick(here.context)).made, 1);
    assert.deepEqual(
      (await exportsOf(database, id)).map(({ dueAt, students }) => [dueAt, students]),
      [
        [at(midnight), 1],
        [at(midnight + 4 * DAY), 0],
      ],
    );
  },

  "withdrawn before the export: not exported; after: stays in the old file": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await verify(here, id, [student(1), student(2)]);
    assert.equal(await school.withdraw(here, id, student(1)), true);
    assert.equal(await school.withdraw(here, id, student(1)), false);
    await exportNow(here, id);
    assert.equal(await school.withdraw(here, id, student(2)), true);
    await exportNow(here, id);
    const [first, second] = await exportsOf(database, id);
    assert.equal(
      await readFile(database, first),
      `${header}Student2@example.edu,S2,11/21/2026\r\n`,
    );
    assert.equal(await readFile(database, second), header);
  },

  "re-verification after a withdrawal is a new verification": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await verify(here, id, [student(1)]);
    await exportNow(here, id);
    await verify(here, id, [student(1)]);
    await exportNow(here, id);
    await school.withdraw(here, id, student(1));
    await verify(here, id, [student(1)]);
    await exportNow(here, id);
    assert.deepEqual((await exportsOf(database, id)).map((made) => made.students), [1, 0, 1]);
  },

  "an export keeps its bytes whatever becomes of the students": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await verify(here, id, [student(1)]);
    await exportNow(here, id);
    const [made] = await exportsOf(database, id);
    const bytes = await readFile(database, made);
    await database.execute(
      "UPDATE students SET username = 'other', student_id = 'X' || student_id",
    );
    await school.withdraw(here, id, student(1));
    assert.equal(await readFile(database, made), bytes);
  },

  "an export in pages has each row once, in order": async (database) => {
    const here = world(database);
    const id = await addSchool(database, 10_000);
    const everybody = Array.from({ length: 10_000 }, (_, index) => student(index + 1));
    await verify(here, id, everybody);
    await exportNow(here, id);
    const [made] = await exportsOf(database, id);
    const lines = (await readFile(database, made)).split("\r\n").slice(1, -1);
    assert.deepEqual(lines.map((line) => line.split(",")[0]!.toLowerCase()), everybody);
  },

  "an export that lost a row fails rather than ends early": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await verify(here, id, [student(1), student(2)]);
    await exportNow(here, id);
    const [made] = await exportsOf(database, id);
    await database.execute("DELETE FROM export_rows WHERE number = 2");
    await assert.rejects(readFile(database, made), /has 1 rows of 2/);
  },

  "run now in the same millisecond takes the next free name": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await school.schedule(here, id, midnight);
    await tick(here.context);
    for (let count = 0; count < 3; count += 1) await exportNow(here, id);
    assert.deepEqual((await exportsOf(database, id)).map((made) => made.name), [
      "verified-20261121T000000000Z.csv",
      "verified-20261121T000000001Z.csv",
      "verified-20261121T000000002Z.csv",
      "verified-20261121T000000003Z.csv",
    ]);
  },

  "a run now at the very due time does not hold the schedule up": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await school.schedule(here, id, midnight);
    await exportNow(here, id);
    assert.deepEqual(await tick(here.context), { due: 1, made: 0, failed: 0, unfinished: false });
    assert.deepEqual(await tick(here.context), { due: 0, made: 0, failed: 0, unfinished: false });
  },

  "the bridge is told to deliver; deliver again is the same file again": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await exportNow(here, id);
    const [made] = await exportsOf(database, id);
    await deliverAgain(database, {
      export: made!,
      bridge: "default",
      commandId: here.context.randomId(),
    }, school.author(here.context));
    const { rows } = await database.execute("SELECT id, school_id, command FROM commands");
    assert.equal(rows.length, 2);
    for (const row of rows) {
      assert.equal(row.school_id, id);
      assert.deepEqual(JSON.parse(String(row.command)), {
        id: row.id,
        type: "deliver",
        schoolId: id,
        folder: "/outbound",
        name: made!.name,
        href: `/bridge/exports/${made!.id}/file`,
        exportId: made!.id,
      });
    }
  },

  "the first delivery and the first download are kept, with who downloaded": async (database) => {
    const here = world(database);
    const id = await addSchool(database);
    await exportNow(here, id);
    const [made] = await exportsOf(database, id);
    await deliverAgain(database, {
      export: made!,
      bridge: "default",
      commandId: here.context.randomId(),
    }, school.author(here.context));
    const { rows } = await database.execute("SELECT id FROM commands");
    const done = (index: number, seconds: number) => ({
      id: String(rows[index]!.id),
      at: at(midnight + seconds * 1000),
    });
    const download = (seconds: number, schoolId = id): NumberedEvent => {
      const event = {
        ...{ type: "download" as const, id: randomUUID(), schoolId, uploadId: null, why: null },
        path: `/outbound/${made!.name}`,
        exportId: made!.id as ExportId,
        at: at(midnight + seconds * 1000),
        sender: { fingerprint: `SHA256:${seconds}`, address: "192.0.2.7", client: "" },
      };
      const text = JSON.stringify(event);
      return { number: seconds, previous: "", hash: "", text, head: event, event };
    };
    const batch = async (...statements: InStatement[]) => {
      await database.batch(statements, "write");
      return (await getExport(database, made!.id))!;
    };
    assert.equal(
      (await batch(...recordDownloads([download(1, (id + 1) as SchoolId)])))
        .downloadedAt,
      null,
    );
    assert.equal(
      (await batch(recordDeliveries("default", []), ...recordDownloads([]))).deliveredAt,
      null,
    );
    assert.equal(
      (await batch(recordDeliveries("default", [done(1, 3), done(0, 2)]))).deliveredAt,
      at(midnight + 2000),
    );
    assert.equal(
      (await batch(recordDeliveries("default", [done(0, 9)]))).deliveredAt,
      at(midnight + 2000),
    );

    await batch(...recordDownloads([download(5), download(6), download(8)]));
    const stored = await batch(...recordDownloads([download(9)]));
    assert.equal(stored.downloadedAt, at(midnight + 5000));
    assert.deepEqual(stored.receipt, { fingerprint: "SHA256:5", address: "192.0.2.7" });
  },

  "a schedule that says the same again keeps the time that was missed": async (database) => {
    const here = world(database, midnight + 60_000);
    const id = await addSchool(database);
    await school.schedule(here, id, midnight);
    await school.schedule(here, id, midnight + DAY);
    assert.equal((await tick(here.context)).made, 1);
    await school.schedule(here, id, midnight + 30_000, "0 6 * * *");
    assert.equal((await tick(here.context)).made, 1);
    assert.equal(await deleteSchedule(database, id, school.author(here.context)), true);
    here.clock.now += 3 * DAY;
    assert.equal((await tick(here.context)).due, 0);
  },

  "a failing school does not stop the others, and is tried again later": async (database) => {
    const here = world(database);
    const [failing, fine] = [await addSchool(database), await addSchool(database)];
    await school.schedule(here, failing, midnight - 1000, "not a cron expression");
    await school.schedule(here, fine, midnight);
    assert.equal((await tick(here.context, 1)).failed, 1);
    assert.deepEqual(await tick(here.context, 1), {
      due: 1,
      made: 1,
      failed: 0,
      unfinished: false,
    });
    assert.equal((await tick(here.context)).due, 0);
    assert.equal(here.logged.length, 1);
    await verify(here, failing, [student(1)]);
    await database.execute("UPDATE schedules SET cron = '0 0 * * *'");
    here.clock.now += 60_000;
    assert.deepEqual(await tick(here.context), { due: 1, made: 1, failed: 0, unfinished: false });
    assert.deepEqual(
      (await exportsOf(database, failing)).map(({ dueAt, students }) => [dueAt, students]),
      [[at(midnight - 1000), 1]],
    );
  },

  "a tick makes a bounded number of exports, the longest waiting first": async (database) => {
    const here = world(database);
    const ids: SchoolId[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.push(await addSchool(database, 0));
      await school.schedule(here, ids[count]!, midnight - count * 60_000);
    }
    assert.equal((await tick(here.context, 2)).made, 2);
    assert.equal((await exportsOf(database, ids[4]!)).length, 1);
    assert.equal((await exportsOf(database, ids[0]!)).length, 0);
    assert.equal((await tick(here.context, 10)).made, 3);
  },

  "each verification that stood at export time is in exactly one export": async (database) => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("verify" as const), student: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant("withdraw" as const), student: fc.integer({ min: 1, max: 4 }) }),
      fc.record({
        do: fc.constantFrom("tick" as const, "runNow" as const),
        student: fc.constant(0),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const here = world(database);
        const id = await addSchool(database, 4);
        await school.schedule(here, id, midnight, "* * * * *");
        const standing = new Set<string>();
        let waiting: string[] = [];
        const expected: string[][] = [];
        for (const { do: action, student: number } of steps) {
          here.clock.now += 20_000;
          const key = student(number);
          if (action === "verify") {
            await verify(here, id, [key]);
            if (!standing.has(key)) waiting.push(key);
            standing.add(key);
          } else if (action === "withdraw") {
            assert.equal(await school.withdraw(here, id, key), standing.delete(key));
            waiting = waiting.filter((other) => other !== key);
          } else {
            const made = action === "tick"
              ? (await tick(here.context)).made > 0
              : await exportNow(here, id) !== undefined;
            if (made) expected.push(waiting.splice(0));
          }
        }
        const found: string[][] = [];
        for (const made of await exportsOf(database, id)) {
          const lines = (await readFile(database, made)).split("\r\n").slice(1, -1);
          found.push(lines.map((line) => line.split(",")[0]!.toLowerCase()));
        }
        // A time that was missed is named by when it was due, so the order of names can differ.
        const sort = (exports: string[][]) => exports.filter((rows) => rows.length > 0).sort();
        assert.deepEqual(sort(found), sort(expected));
        assert.equal(found.length, expected.length);
        await database.execute({ sql: "DELETE FROM schedules WHERE school_id = ?", args: [id] });
      }),
      { numRuns: runsOver(database, 25) },
    );
  },
});
