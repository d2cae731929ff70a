// SPEC section 4: where a school's `columns` is `header`, columns are found by name, in any order, and
// others are ignored.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { SchoolSettings } from "../../../worker/roster/settings.ts";
import { eachDatabase } from "../database/each-database.ts";
import { makeSchool, students, upload } from "./world.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const byHeader = { columns: "header" };

eachDatabase("columns by header", (opened) => {
  const send = async (settings: object, file: string | Uint8Array, options = {}) => {
    const database = opened().client;
    const school = await makeSchool(database, settings);
    const result = await upload(database, school, file, { now: noon, ...options });
    return { ...result, school, stored: await students(database, school) };
  };
  /** Each problem as `line column code`. */
  const codes = (report: string[]) =>
    report.map((line) =>
      line.replace(/^(\d*),.*?,(\w*),(?:error|warning|info),(\w+),.*$/, "$1 $2 $3")
    );

  const sample = "Dept,On Campus,E-Mail,Surname,Given_Name,Notes,cwid\r\n";
  const ana = 'Arts,1,ana@x.edu,García,Ana,"a, note",A1\r\n';

  for (
    const [how, options] of [["in one slice", {}], ["across slices", { sliceBytes: 40 }]] as const
  ) {
    test(`columns are found by name, in any order, and others are ignored, ${how}`, async () => {
      const { stored, counts } = await send(byHeader, sample + ana, options);
      assert.deepEqual([counts["read"], counts["added"]], [1, 1]);
      const [student] = stored;
      assert.deepEqual(
        [
          student!["username"],
          student!["student_id"],
          student!["last_name"],
          student!["on_campus"],
        ],
        ["ana@x.edu", "A1", "García", 1],
      );
      assert.equal(student!["dob"], null, "a column that is not there leaves what is stored");
    });

    test(`the rejected records keep the header and their bytes as they were sent, ${how}`, async () => {
      const bad = "Arts,yes,ben@x.edu,Lee,Ben,,B1\r\n";
      const short = "Arts,1,cy@x.edu\r\n";
      const open = 'Arts,1,"dot@x.edu,Lee,Dot,,D1\r\n';
      const { report, rejected, stored } = await send(
        byHeader,
        sample + ana + bad + short + open + ana.replaceAll("ana", "eve").replace("A1", "E1"),
        options,
      );
      assert.equal(rejected, Buffer.from(sample + bad + short + open).toString("latin1"));
      assert.deepEqual(codes(report).slice(1), [
        "3 OnCampus on_campus_format",
        "4  field_count",
        "5 Username quote_unclosed",
      ]);
      assert.match(report[2]!, /^4,cy@x\.edu,.*has 3 values; the header row has 7/);
      assert.deepEqual(stored.map(({ username }) => username), ["ana@x.edu", "eve@x.edu"]);
    });
  }

  test("a missing required column rejects the file and names it", async () => {
    const { state, report, stored } = await send(
      byHeader,
      "Email,StudentId,Surname\r\na@x.edu,1,A\r\n",
    );
    assert.deepEqual([state, codes(report), stored.length], ["rejected", [
      "1 OnCampus column_missing",
    ], 0]);
    assert.match(report[0]!, /no column OnCampus; it has .*Email,StudentId,Surname/);
    const both = await send(byHeader, "a,b,c,d,e,f,g,h,i\r\na@x.edu,,,,,,,,1\r\n");
    assert.match(both.report[0]!, /no column Username and no column OnCampus/);
    const lenient = await send({ ...byHeader, onCampusRequired: false }, "Email\r\na@x.edu\r\n");
    assert.equal(lenient.counts["added"], 1);
  });

  test("two that match one column reject the file too", async () => {
    const { state, report } = await send(byHeader, "Email,OnCampus,Login\r\na@x.edu,1,a\r\n");
    assert.deepEqual([state, codes(report)], ["rejected", ["1 Username column_repeated"]]);
    assert.match(report[0]!, /are Username: Email \(column 1\) and Login \(column 3\)/);
  });

  test("the school's own names come first, and may be of any script", async () => {
    const own = {
      columnNames: { Username: ["Адрес"], StudentId: ["Login"], OnCampus: ["Lives here?"] },
    };
    const file = "login,lives HERE?,адрес\r\nL1,0,a@x.edu\r\n";
    const { stored } = await send({ ...byHeader, ...own }, file);
    assert.deepEqual([stored[0]!["username"], stored[0]!["student_id"], stored[0]!["on_campus"]], [
      "a@x.edu",
      "L1",
      0,
    ]);
    const missing = await send({ ...byHeader, ...own }, "login,lives here?\r\nL1,0\r\n");
    assert.match(missing.report[0]!, /Username may also be called Адрес/);
  });

  test("a header that is not UTF-8 is rejected, as its words matter", async () => {
    const file = Buffer.from("Email,Pr\xe9nom,OnCampus\r\na@x.edu,A,1\r\n", "latin1");
    assert.deepEqual(codes((await send(byHeader, file)).report), ["1  header_unreadable"]);
  });

  test("one column of the pair alone is skipped, with one warning", async () => {
    const { report, stored, counts } = await send(
      byHeader,
      "Email,Term,OnCampus\r\na@x.edu,Fall,1\r\nb@x.edu,Fall,1\r\n",
    );
    assert.deepEqual(codes(report).slice(1), ["1 RequirementGroup pair_incomplete"]);
    assert.deepEqual([counts["added"], stored[0]!["term"]], [2, null]);
  });

  test("a row whose columns are all blank is ignored, whatever others it has", async () => {
    const { counts } = await send(byHeader, "No,Email,OnCampus\r\n1,a@x.edu,1\r\n2,,\r\n");
    assert.deepEqual([counts["read"], counts["added"]], [1, 1]);
  });

  test("the layout is the file's: a setting that changes meanwhile changes nothing of it", async () => {
    const database = opened().client;
    const school = await makeSchool(database, byHeader);
    const rows = Array.from({ length: 4 }, (_, i) => `1,s${i}@x.edu\r\n`).join("");
    const { counts } = await upload(database, school, `OnCampus,Email\r\n${rows}`, {
      now: noon,
      sliceRows: 1,
      async between() {
        await database.execute({
          sql: "UPDATE schools SET settings = '{}' WHERE id = ?",
          args: [school],
        });
      },
    });
    assert.deepEqual([counts["added"], counts["rejected"]], [4, 0]);
  });
});

test("columnNames: no name of two columns, and only the nine columns have names", () => {
  const isGood = (columnNames: unknown) => v.safeParse(SchoolSettings, { columnNames }).success;
  assert.ok(isGood({ Username: ["Net ID"], Dob: ["Geburtstag"] }));
  assert.ok(!isGood({ Username: ["Net ID"], Dob: ["net-id"] }));
  assert.ok(!isGood({ Nickname: ["Nick"] }));
  assert.ok(!isGood({ Username: [" - "] }));
  assert.ok(!isGood({ Username: "Net ID" }));
});
