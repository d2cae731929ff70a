// SPEC section 4, from the bytes of a file to the students, over each kind of database.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { header, makeSchool, students, upload } from "./world.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const good = (name: string, rest = ",,,,,,,,1") => `${name}@x.edu${rest}\r\n`;

/** Each problem of a report as `line code`. */
const codes = (report: string[]) =>
  report.slice(1).map((line) => line.replace(/^(\d+),.*?,(?:error|warning),(\w+),.*$/, "$1 $2"));

const noon = Date.UTC(2026, 10, 22, 12);

eachDatabase("the roster format", (opened) => {
  const send = async (settings: object, file: string | Uint8Array, options = {}) => {
    const database = opened().client;
    const school = await makeSchool(database, settings);
    const result = await upload(database, school, file, { now: noon, ...options });
    const stored = await students(database, school);
    const names = stored.map(({ username }) => String(username).replace("@x.edu", ""));
    return { ...result, school, stored, names };
  };

  test("UTF-8 with or without a byte-order mark, LF or CRLF, also mixed: the same rows", async () => {
    const text = header + good("a", ",1,García,李,,,,,1") + good("b", ",2,,,,,,,0");
    const expected = (await send({}, text)).stored;
    assert.deepEqual([expected.length, expected[0]!["last_name"]], [2, "García"]);
    for (const other of [`\ufeff${text}`, text.replaceAll("\r", ""), text.replace("\r", "")]) {
      const { stored, report } = await send({}, other);
      assert.deepEqual(stored, expected);
      assert.equal(report.length, 1);
    }
  });

  test("the first row is always skipped, though it is a row like any other", async () => {
    const { names, counts, report } = await send({}, good("a") + good("b"));
    assert.deepEqual(names, ["b"]);
    assert.equal(counts["read"], 1);
    // A first row that looks like a student (an e-mail address first, 0 or 1 last): a warning says so.
    assert.match(report[1]!, /^1,a@x\.edu,,warning,first_row_student,.*looks like a student/);
    assert.equal((await send({}, "a,b,c,d,e,f,g,h,1\n" + good("b"))).counts["warnings"], 0);
  });

  test("an abbreviated header has rows of nine columns below it, by position", async () => {
    const { stored, report } = await send(
      {},
      `Email,StudentId,,,,,\n${good("a", ",7,Lee,,,,,,1")}`,
    );
    assert.deepEqual([stored[0]!["student_id"], stored[0]!["last_name"]], ["7", "Lee"]);
    assert.equal(report.length, 1);
  });

  test("well-known names in another order: processed by position, with a warning after the summary", async () => {
    const swapped = header.replace("LastName,FirstName", "FirstName,LastName");
    const { stored, report, counts } = await send({}, swapped + good("a", ",,Lee,Ana,,,,,1"));
    assert.deepEqual([stored[0]!["last_name"], stored[0]!["first_name"]], ["Lee", "Ana"]);
    assert.match(report[0]!, /^,,,info,summary,"1 row: 1 added.* 0 rejected, 1 warning"$/);
    assert.match(report[1]!, /^1,,,warning,columns_out_of_order,/);
    assert.deepEqual([report.length, counts["warnings"]], [2, 1]);
  });

  test("a row is applied whole or not at all: one wrong value leaves the stored student as it is", async () => {
    const database = opened().client;
    const { school, stored } = await send({}, header + good("a", ",1,Lee,Ana,,,,,1"));
    const bad = header + good("a", ",2,Ray,Bob,,13/45/2004,,,0") + good("n", ",3,,,call me,,,,1");
    const { counts } = await upload(database, school, bad);
    assert.deepEqual([counts["rejected"], counts["updated"]], [2, 0]);
    assert.deepEqual(await students(database, school), stored);
  });

  test("Dob is not in the future by the UTC day, and not before 1900", async () => {
    const file = header + good("a", ",,,,,11/22/2026,,,1") + good("b", ",,,,,11/23/2026,,,1") +
      good("c", ",,,,,01/01/1900,,,1") + good("d", ",,,,,12/31/1899,,,1");
    const instants: [number, string[]][] = [
      [Date.UTC(2026, 10, 21, 23, 59, 59, 999), ["c"]],
      [Date.UTC(2026, 10, 22), ["a", "c"]],
      [Date.UTC(2026, 10, 22, 23, 59, 59, 999), ["a", "c"]],
      [Date.UTC(2026, 10, 23), ["a", "b", "c"]],
    ];
    for (const [now, expected] of instants) {
      const { names, report } = await send({}, file, { now });
      assert.deepEqual(names, expected);
      assert.equal(codes(report).at(-1), "5 dob_too_early");
    }
  });

  test("Telephone is understood as a number of the school's country, and stored in E.164", async () => {
    const row = (number: string) => header + good("a", `,,,,${number},,,,1`);
    const cases: [string, string, string | undefined][] = [
      ["US", "(212) 555-0123", "+12125550123"],
      ["GB", "020 7946 0958", "+442079460958"],
      ["FR", "06 12 34 56 78", "+33612345678"],
      ["US", "06 12 34 56 78 90 12", undefined],
      ["US", "+33 6 12 34 56 78", "+33612345678"],
      ["FR", "0612", undefined],
    ];
    for (const [country, number, expected] of cases) {
      const { stored, report } = await send({ country }, row(number));
      assert.equal(stored[0]?.["telephone"], expected, `${country} ${number}`);
      if (expected === undefined) assert.deepEqual(codes(report), ["2 telephone_format"]);
    }
  });

  test("RequirementGroup and Term must be a pair on the school's list; one alone is skipped and keeps what is stored", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const pair = (group: string, term: string) => `,,,,,,${group},${term},1`;
    await upload(database, school, header + good("a", pair("Any", "Thing")));
    for (const [group, term] of [["Nursing", "Fall"], ["Law", "Spring"]] as const) {
      await database.execute({
        sql: "INSERT INTO placements (school_id, requirement_group, term) VALUES (?, ?, ?)",
        args: [school, group, term],
      });
    }
    const file = header + good("a", pair("Nursing", "")) + good("b", pair("Nursing", "Fall")) +
      good("c", pair("Nursing", "Spring")) + good("d", pair("", "Elsewhere")) +
      good("e", pair("nursing", "Fall")) + good("f", pair("", ""));
    const { report, counts } = await upload(database, school, file);
    assert.deepEqual(codes(report), [
      "2 pair_incomplete",
      "4 placement_unknown",
      "5 pair_incomplete",
      "6 placement_unknown",
    ]);
    assert.deepEqual([counts["rejected"], counts["warnings"], counts["unchanged"]], [2, 2, 1]);
    const stored = await students(database, school);
    assert.deepEqual(stored.map((student) => [student["requirement_group"], student["term"]]), [
      ["Any", "Thing"],
      ["Nursing", "Fall"],
      [null, null],
      [null, null],
    ]);
  });

  test("leading and trailing spaces of a value are trimmed, and a value of spaces is blank", async () => {
    const { school, stored } = await send({}, header + ' a@x.edu , 1 ," Lee ",  , ,,,, 1 \r\n');
    assert.deepEqual(
      [stored[0]!["username"], stored[0]!["student_id"], stored[0]!["last_name"]],
      ["a@x.edu", "1", "Lee"],
    );
    const again = header + 'a@x.edu,"  ",Lee,Ana,,,,,1\r\n';
    const { counts } = await upload(opened().client, school, again);
    assert.equal(counts["updated"], 1);
    const [student] = await students(opened().client, school);
    assert.deepEqual([student!["student_id"], student!["first_name"]], ["1", "Ana"]);
  });

  test("a StudentId is unique within the school: another school may have the same", async () => {
    const file = header + good("a", ",1,,,,,,,1");
    assert.equal((await send({}, file)).counts["added"], 1);
    assert.equal((await send({}, file)).counts["added"], 1);
  });

  test("a rejected row neither takes a StudentId nor counts as the earlier of two with one Username", async () => {
    const file = header + good("a", ",1,,,,,,,7") + good("b", ",1,,,,,,,1") +
      good("a", ",2,,,,,,,1");
    const { names, report } = await send({}, file);
    assert.deepEqual(names, ["a", "b"]);
    assert.deepEqual(codes(report), ["2 on_campus_format"]);
  });

  test("the rows of a Username that comes three times each name the line before", async () => {
    const file = header + good("a") + good("A") + good("a");
    for (const options of [{}, { sliceRows: 1 }]) {
      const { report, counts } = await send({}, file, options);
      assert.deepEqual(codes(report), ["3 username_repeated", "4 username_repeated"]);
      assert.match(report[1]!, /line 2 /);
      assert.match(report[2]!, /line 3 /);
      assert.deepEqual([counts["added"], counts["unchanged"]], [1, 2]);
    }
  });

  test("a malformed record costs exactly the physical line it starts on, and every good row after it is processed", async () => {
    const malformed: [string, string][] = [
      [`m@x.edu,1,Lee "LJ",,,,,,1`, "quote_bare"],
      [`m@x.edu,1,"Lee"s,,,,,,1`, "quote_bare"],
      [`m@x.edu,1,"Lee,,,,,,1`, "quote_unclosed"],
      [`m@x.edu,1,Lee,,,,,1`, "field_count"],
      [`m@x.edu,1,Smith, Jr.,,,,,,1`, "field_count"],
      [`m@x.edu,1,Garc\xeda,,,,,,1`, "not_utf8"],
      [`m@x.edu,1,L\0e,,,,,,1`, "nul_byte"],
      [`m@x.edu,1,${"x".repeat(70_000)},,,,,,1`, "record_too_long"],
    ];
    const lines = malformed.flatMap(([line], i) => [good(`g${i}`), `${line}\r\n`]);
    const file = bytesOf(header + lines.join("") + good("last"));
    for (const options of [{}, { sliceRows: 1 }, { sliceBytes: 200 }]) {
      const { names, report, rejected, counts } = await send({}, file, options);
      assert.deepEqual(names, [...malformed.map((_, i) => `g${i}`), "last"]);
      assert.deepEqual(codes(report), malformed.map(([, code], i) => `${2 * i + 3} ${code}`));
      const correctable = malformed.filter(([, code]) => code !== "record_too_long");
      assert.equal(rejected, header + correctable.map(([line]) => `${line}\r\n`).join(""));
      assert.equal(counts["rejected"], malformed.length);
    }
  });

  test("an unclosed quote swallows no row, though a later line has a closing one too many", async () => {
    const open = `a@x.edu,1,"Lee,Ana,,,,,1\r\n`;
    const close = `b@x.edu,2,Ray",Bob,,,,,1\r\n`;
    const between = Array.from({ length: 50 }, (_, i) => good(`g${i}`)).join("");
    for (const options of [{}, { sliceBytes: 100 }]) {
      const { names, report, rejected } = await send({}, header + open + between + close, options);
      assert.equal(names.length, 50);
      assert.deepEqual(codes(report), ["2 quote_unclosed", "53 quote_bare"]);
      assert.equal(rejected, header + open + close);
    }
    const unclosedHeader = header.replace("OnCampus", '"OnCampus');
    const whole = await send({}, unclosedHeader + good("a") + close);
    assert.equal(whole.state, "rejected");
    assert.match(whole.report[0]!, /^1,,,error,header_unreadable,/);
  });

  test("Line is the physical line the record starts on, the header is line 1, a blank line is ignored and counts as a line", async () => {
    const file = '"User\nname",b,c,d,e,f,g,h,i\r\n' + "\r\n   \n" + good("a") +
      'm@x.edu,,"two\r\nlines",,,,,,1\n' + good("n", ",,,,,,,,2");
    const { report, rejected } = await send({}, file);
    assert.deepEqual(codes(report), ["6 control_character", "8 on_campus_format"]);
    assert.ok(rejected.startsWith('"User\nname"'));
    const wrong = await send({}, "\n\na,b\n");
    assert.match(wrong.report[0]!, /^3,,,error,column_missing,/);
    // Also when the blank lines before it fill slices of their own.
    const later = await send({}, `${"\n".repeat(500)}a,b\n`, { sliceBytes: 100 });
    assert.match(later.report[0]!, /^501,,,error,column_missing,/);
  });

  test("a row of nine blanks is ignored as a blank line is: no row, no problem, nothing in .rejected", async () => {
    const blank = ",,,,,,,,\r\n" + ' ,"  ",,,,,,, \n';
    const file = header + blank + good("a") + blank.repeat(200) + good("b", ",,,,,,,,2") + blank;
    for (const options of [{}, { sliceRows: 1 }, { sliceBytes: 100 }]) {
      const { counts, report, rejected } = await send({ rowLimit: 2 }, file, options);
      assert.deepEqual([counts["read"], counts["added"], counts["unprocessed"]], [2, 1, 0]);
      assert.deepEqual(codes(report), ["405 on_campus_format"]);
      assert.equal(rejected, header + good("b", ",,,,,,,,2"));
    }
  });

  test("what is rejected is bounded: of a hole in the file nothing is kept, and the report says so", async () => {
    const hole = "a@x.edu,1" + "\0".repeat(60_000) + "\r\n";
    const slip = "b@x.edu,1,L\0e,,,,,,1\r\n";
    // A file that starts with NULs is no roster at all; this one starts like a good one.
    const start = header + "\r\n".repeat(3000);
    const file = start + hole.repeat(20) + slip + "\0".repeat(2_000_000) + "\r\n" + good("c");
    const { names, counts, report, rejected } = await send({}, file);
    assert.deepEqual([names, counts["rejected"]], [["c"], 22]);
    assert.equal(rejected, header + slip);
    assert.match(report[1]!, /^3002,.*nul_byte,.*not in the \.rejected file/);
    assert.match(report[22]!, /^3023,.*record_too_long,.*not in the \.rejected file/);
  });

  test("after rowLimit rows nothing is kept of the rest, not even of a line that goes over slices", async () => {
    const long = "x".repeat(300_000) + "\r\n";
    const bad = good("b", ",,,,,,,,2");
    const file = header + good("a") + bad + long + good("c") + "bad\r\n";
    for (const sliceBytes of [70_000, 512 * 1024]) {
      const { counts, rejected, report } = await send({ rowLimit: 2 }, file, { sliceBytes });
      assert.deepEqual([counts["read"], counts["rejected"], counts["unprocessed"]], [2, 1, 3]);
      assert.equal(rejected, header + bad);
      assert.deepEqual(codes(report), ["3 on_campus_format"]);
    }
    // The last row before the limit is one that goes over slices.
    const whole = await send({ rowLimit: 2 }, header + good("a") + long + good("c"), {
      sliceBytes: 70_000,
    });
    assert.deepEqual([whole.counts["read"], whole.counts["unprocessed"]], [2, 1]);
  });

  test("a header repeated in the middle costs its line, and the rows after it are read", async () => {
    const { names, report, rejected } = await send({}, header + good("a") + header + good("b"));
    assert.deepEqual(names, ["a", "b"]);
    assert.deepEqual(codes(report), ["3 header_repeated"]);
    assert.equal(rejected, header + header);
  });

  test("trailing commas on every line: too many columns; below a good header each row says so", async () => {
    const rows = good("a").replace("\r\n", ",,,\r\n") + good("b").replace("\r\n", ",\r\n");
    const whole = await send({}, header.replace("\r\n", ",,,\r\n") + rows);
    assert.equal(whole.state, "rejected");
    assert.match(whole.report[0]!, /too_many_columns,.*The last 3 are empty: delete them/);
    const { counts, report } = await send({}, header + rows);
    assert.equal(counts["rejected"], 2);
    assert.match(report[1]!, /12 values; 9 are expected\. There are 3 commas too many/);
    assert.match(report[2]!, /10 values; 9 are expected\. There is a comma too many/);
  });

  test("a file of another encoding or kind gets one answer for the whole, and no row of it is applied", async () => {
    const roster = header + good("a");
    const wide = (text: string) => bytesOf(text.replace(/[^]/g, (c) => `${c}\0`));
    const files: [string | Uint8Array, string, RegExp][] = [
      [
        bytesOf(`\xff\xfe${String.fromCharCode(...wide(roster))}`),
        "file_utf16",
        /UTF-8 is expected/,
      ],
      [wide(roster), "file_utf16", /UTF-16/],
      [roster.replaceAll("\r\n", "\r"), "file_line_ends", /CR alone/],
      [roster.replaceAll(",", ";"), "file_separator", /This looks like a semicolon-separated file/],
      [roster.replaceAll(",", "\t"), "file_separator", /This looks like a tab-separated file/],
      [
        bytesOf(`PK\x03\x04${"\0".repeat(22)}\x13\0\0\0[Content_Types].xml`),
        "file_workbook",
        /This is an Excel workbook .*Save it as .*CSV/,
      ],
      ["", "header_missing", /The file is empty/],
    ];
    for (const [file, code, message] of files) {
      const { state, report, names, rejected, counts } = await send({}, file);
      assert.deepEqual([state, names, rejected, counts["read"]], ["rejected", [], "", 0]);
      assert.equal(report.length, 1);
      assert.match(report[0]!, new RegExp(`^1,,,error,${code},`));
      assert.match(report[0]!, message);
    }
  });

  test("a Latin-1 file gets an answer for each line that has such bytes; the other lines are processed", async () => {
    const file = bytesOf(
      header.replace("LastName", "Pr\xe9nom") + good("a", ",,Garc\xeda,,,,,,1") + good("b") +
        good("c", ",,,Jos\xe9,,,,,1"),
    );
    const { names, report } = await send({}, file);
    assert.deepEqual(names, ["b"]);
    assert.deepEqual(codes(report), ["2 not_utf8", "4 not_utf8"]);
    assert.match(report[1]!, /LastName: 'Garc\?a'.*Latin-1.*CSV UTF-8/);
  });
});
