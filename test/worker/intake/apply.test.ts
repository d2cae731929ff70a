// SPEC section 4: rows are applied whole or not at all, and how files are cut never matters.
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase, runsOver } from "../database/each-database.ts";
import { header, makeSchool, students, upload } from "../roster/world.ts";

const row = (username: string, studentId = "", rest: Partial<Record<string, string>> = {}) =>
  [
    username,
    studentId,
    rest["last"] ?? "",
    rest["first"] ?? "",
    rest["telephone"] ?? "",
    rest["dob"] ?? "",
    rest["group"] ?? "",
    rest["term"] ?? "",
    rest["onCampus"] ?? "1",
  ].join(",") + "\r\n";

const next = (id: string) => ({ id, bridge: "default", pass: "apply" });

/** Slices of one or two rows: everything across slices. */
const tiny = { sliceRows: 1 };

eachDatabase("applying a roster", (opened) => {
  test("rows are upserted by Username: added, updated or unchanged", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    await upload(database, school, header + row("a@x.edu", "A1") + row("b@x.edu", "B1"));
    const { counts } = await upload(
      database,
      school,
      header + row("A@X.edu", "A1") + row("b@x.edu", "B2") + row("c@x.edu"),
    );
    assert.deepEqual(counts, {
      read: 3,
      added: 1,
      updated: 1,
      unchanged: 1,
      rejected: 0,
      warnings: 0,
      unprocessed: 0,
    });
  });

  test("a blank optional value leaves what is stored as it is", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const full = {
      last: "García",
      first: "Ana",
      telephone: "(212) 555-0100",
      dob: "09/30/2004",
      group: "G",
      term: "T",
    };
    await upload(database, school, header + row("a@x.edu", "A1", full));
    const before = await students(database, school);
    const { counts } = await upload(database, school, header + row("a@x.edu"));
    assert.equal(counts["unchanged"], 1);
    assert.deepEqual(await students(database, school), before);
    assert.equal(before[0]!["telephone"], "+12125550100");
    assert.equal(before[0]!["dob"], "2004-09-30");
  });

  for (const [how, options] of [["in one slice", {}], ["across slices", tiny]] as const) {
    test(`two students' ids swapped in one file works, ${how}`, async () => {
      const database = opened().client;
      const school = await makeSchool(database);
      await upload(database, school, header + row("a@x.edu", "1") + row("b@x.edu", "2"));
      const swapped = header + row("a@x.edu", "2") + row("b@x.edu", "1");
      const { counts } = await upload(database, school, swapped, options);
      assert.deepEqual([counts["updated"], counts["rejected"]], [2, 0]);
      const ids = (await students(database, school)).map((student) => student["student_id"]);
      assert.deepEqual(ids, ["2", "1"]);
    });

    test(`a StudentId freed by an earlier or a later row may be taken, ${how}`, async () => {
      const database = opened().client;
      const school = await makeSchool(database);
      await upload(database, school, header + row("a@x.edu", "1") + row("b@x.edu", "2"));
      const moved = header + row("n@x.edu", "1") + row("a@x.edu", "2") + row("b@x.edu", "3");
      const { counts } = await upload(database, school, moved, options);
      assert.deepEqual([counts["added"], counts["updated"], counts["rejected"]], [1, 2, 0]);
      const ids = (await students(database, school)).map((student) => student["student_id"]);
      assert.deepEqual(ids, ["2", "3", "1"]);
    });

    test(`a StudentId that another student holds: the row is rejected, naming that Username, ${how}`, async () => {
      const database = opened().client;
      const school = await makeSchool(database);
      await upload(database, school, header + row("a@x.edu", "1"));
      const bad = row("b@x.edu", "1", { first: "Ben" });
      const result = await upload(
        database,
        school,
        header + row("c@x.edu") + bad + row("d@x.edu"),
        options,
      );
      assert.deepEqual([result.counts["added"], result.counts["rejected"]], [2, 1]);
      assert.equal(result.report.length, 2);
      assert.match(result.report[1]!, /^3,b@x\.edu,StudentId,error,student_id_taken,.*a@x\.edu/);
      assert.equal(result.rejected, header + bad);
      assert.equal((await students(database, school)).length, 3);
    });

    test(`two rows that want one StudentId: the first in the file gets it, ${how}`, async () => {
      const database = opened().client;
      const school = await makeSchool(database);
      const result = await upload(
        database,
        school,
        header + row("a@x.edu", "1") + row("b@x.edu", "1"),
        options,
      );
      assert.deepEqual([result.counts["added"], result.counts["rejected"]], [1, 1]);
      assert.match(result.report[1]!, /^3,b@x\.edu,.*student_id_taken,.*a@x\.edu/);
    });

    test(`the same Username twice: the later row wins, with a warning that names the earlier line, ${how}`, async () => {
      const database = opened().client;
      const school = await makeSchool(database);
      const result = await upload(
        database,
        school,
        header + row("a@x.edu", "1", { first: "Ann", last: "Lee" }) + row("b@x.edu") +
          row("A@x.edu", "2", { first: "Ana" }),
        options,
      );
      const { added, updated, warnings } = result.counts;
      assert.deepEqual([added, updated, warnings], [2, 1, 1]);
      assert.match(result.report[1]!, /^4,A@x\.edu,Username,warning,username_repeated,.*line 2/);
      const [student] = await students(database, school);
      assert.deepEqual([student!["first_name"], student!["last_name"], student!["student_id"]], [
        "Ana",
        "Lee",
        "2",
      ]);
    });

    test(`after rowLimit rows the rest is not processed, and the report says how many that were, ${how}`, async () => {
      const database = opened().client;
      const school = await makeSchool(database, { rowLimit: 2 });
      const file = header + row("a@x.edu") + row("b@x.edu") + row("c@x.edu") + "nonsense\r\n" +
        row("d@x.edu");
      const { counts, report } = await upload(database, school, file, options);
      assert.deepEqual([counts["read"], counts["added"], counts["unprocessed"]], [2, 2, 3]);
      assert.equal(report.length, 1);
      assert.match(report[0]!, /2 rows: 2 added.* 3 more rows/);
    });
  }

  test("a file rejected whole applies no row of it", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const { state, counts, report } = await upload(database, school, "a,b,c\r\n" + row("a@x.edu"));
    assert.equal(state, "rejected");
    assert.equal(counts["read"], 0);
    assert.equal(report.length, 1);
    assert.match(report[0]!, /,error,/);
    assert.deepEqual(await students(database, school), []);
  });

  test("an empty file is rejected whole; a header alone is completed with nothing to do", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    assert.equal((await upload(database, school, "")).state, "rejected");
    const alone = await upload(database, school, header);
    assert.equal(alone.state, "completed");
    assert.equal(alone.counts["read"], 0);
  });

  test("blank lines before the header are ignored, however many slices they fill", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const file = "\r\n".repeat(300) + header + row("a@x.edu") + "\n \n";
    const { counts, rejected } = await upload(database, school, file + "bad\n", {
      sliceBytes: 100,
    });
    assert.deepEqual([counts["read"], counts["added"]], [2, 1]);
    assert.ok(rejected.endsWith(header + "bad\n"));
    assert.equal(
      (await upload(database, school, "\n".repeat(300), { sliceBytes: 100 })).state,
      "rejected",
    );
  });

  test("a line of hundreds of kilobytes is one rejected record, and no part of the .rejected file", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const long = "x".repeat(300_000) + "\r\n";
    const file = header + row("a@x.edu") + long + row("b@x.edu");
    const { counts, report, rejected } = await upload(database, school, file, {
      sliceBytes: 70_000,
    });
    assert.deepEqual([counts["read"], counts["added"], counts["rejected"]], [3, 2, 1]);
    assert.equal(report.length, 2);
    assert.match(report[1]!, /^3,.*record_too_long,.*not in the \.rejected file/);
    assert.equal(rejected, header);
  });

  test("a slice applies once: the same or another offset again is refused and changes nothing", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const { id } = await upload(database, school, header + row("a@x.edu"));
    const { applySlice } = await import("../../../worker/intake/apply.ts");
    const bytes = new TextEncoder().encode(header + row("b@x.edu"));
    const options = { database, sliceRows: 10, now: 0 };
    for (const offset of [0, 5, 10_000]) {
      await assert.rejects(
        applySlice({ ...next(id), offset, bytes }, options),
        /WrongOffset|Error/,
      );
    }
    assert.equal((await students(database, school)).length, 1);
  });

  test("the same slice sent many times at once applies once", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const { announceUpload } = await import("../../../worker/database/school/arrivals.ts");
    const { uploadById } = await import("../../../worker/database/school/uploads.ts");
    const { applySlice } = await import("../../../worker/intake/apply.ts");
    const bytes = new TextEncoder().encode(header + row("a@x.edu") + row("b@x.edu"));
    const id = crypto.randomUUID();
    await announceUpload(database, {
      lane: "roster",
      parked: null,
      id: id as never,
      schoolId: school as never,
      name: "r.csv",
      timeCode: "20261121T000000000Z",
      acceptedAt: "2026-11-21T00:00:00.000Z",
      size: bytes.length,
      sha256: "0".repeat(64),
      sender: { fingerprint: "", address: "", client: "" },
    }, "2026-11-21T00:00:00.000Z");
    const options = { database, sliceRows: 10, now: 0 };
    const tries = Array.from(
      { length: 8 },
      () => applySlice({ ...next(id), offset: 0, bytes }, options),
    );
    const results = await Promise.allSettled(tries);
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal((await uploadById(database, id))!.rows.added, 2);
  });

  test("how a file is cut into slices never matters: students, counts, report and rejected are the same", async () => {
    const database = opened().client;
    const usernames = fc.constantFrom("a", "b", "c", "d", "e", "F", "f");
    const ids = fc.constantFrom("", "1", "2", "3", "4", "5");
    const line = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.tuple(usernames, ids, fc.constantFrom("", "Ann", "Bob")).map(
          ([name, id, first]) => row(`${name}@x.edu`, id, { first }),
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom("x@x.edu,,,,,,,,7\r\n", '"\n', "bad\n", "\n", ',,"a\nb",\n'),
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.array(line, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 20, max: 400 }),
        async (before, lines, sliceRows, sliceBytes) => {
          const whole = await makeSchool(database);
          const cut = await makeSchool(database);
          for (const school of [whole, cut]) {
            await upload(database, school, header + before.join(""));
          }
          const file = header + lines.join("");
          const one = await upload(database, whole, file);
          const many = await upload(database, cut, file, { sliceRows, sliceBytes });
          assert.deepEqual(await students(database, cut), await students(database, whole));
          assert.deepEqual({ ...many, id: "" }, { ...one, id: "" });
          const { read, added, updated, unchanged, rejected } = one.counts;
          assert.equal(read, added! + updated! + unchanged! + rejected!);
        },
      ),
      { numRuns: runsOver(database, 20) },
    );
  });
});
