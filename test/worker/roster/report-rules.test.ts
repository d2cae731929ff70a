// SPEC section 5: what the report says, over each kind of database.
import fc from "fast-check";
import { parse } from "csv-parse/sync";
import assert from "node:assert/strict";
import { test } from "node:test";
import { problemCodes } from "../../../worker/roster/problems.ts";
import { eachDatabase, runsOver } from "../database/each-database.ts";
import { header, makeSchool, upload } from "./world.ts";

const cellsOf = (report: string[]): string[][] =>
  parse(report.join("\r\n") + "\r\n", { record_delimiter: "\r\n" });

/** Where a row is damaged, and how. */
const damage = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('"', '"', '"', '""', ",", "\xe9", "\0", "\r", "=", ", ", "", ""),
});

/** A row of which each value says on which line it stands. */
function rowOf(line: number, { at, how }: { at: number; how: string }, newline: boolean): string {
  const values = [
    `u${line}x@x.edu`,
    `s${line}x`,
    at % 5 === 0 ? `"l${line}x` : `l${line}x`,
    at % 7 === 0 ? `f${line}x"` : `f${line}x`,
    at % 11 === 0 ? `t${line}x` : "",
    at % 13 === 0 ? `d${line}x` : "",
    at % 3 === 0 ? `g${line}x` : "",
    `e${line}x`,
    at % 17 === 0 ? `c${line}x` : "1",
  ];
  const text = values.join(",");
  const cut = at % (text.length + 1);
  return text.slice(0, cut) + how + text.slice(cut) + (newline ? "\r\n" : "\n");
}

eachDatabase("the report", (opened) => {
  test("one line per problem, in file order, the summary first, whenever a problem was found", async () => {
    const database = opened().client;
    const school = await makeSchool(database);
    const row = (name: string, id: string, onCampus = "1") => `${name},${id},,,,,,,${onCampus}\r\n`;
    await upload(database, school, header + row("h@x.edu", "1"));
    const file = header.replace("LastName,FirstName", "FirstName,LastName") +
      // Line 2 fails only at the end of the file; line 4 has three problems, line 5 a warning.
      row("a@x.edu", "1") + row("b@x.edu", "2") + "=c,S-1,,,,1/1/01,G,,7\r\n" +
      row("b@x.edu", "2") +
      row("d@x.edu", "2") + 'e@x.edu,"\n' + row("f@x.edu", "3", "yes");
    for (const options of [{}, { sliceRows: 1 }, { sliceRows: 3 }]) {
      const other = await makeSchool(database);
      await upload(database, other, header + row("h@x.edu", "1"));
      const { report } = await upload(database, other, file, options);
      const cells = cellsOf(report);
      assert.deepEqual(cells.map(([line, , column, , code]) => [line, column, code].join(" ")), [
        "  summary",
        "1  columns_out_of_order",
        "2 StudentId student_id_taken",
        "4 Username username_email",
        "4 StudentId student_id_format",
        "4 Dob dob_format",
        "4 Term pair_incomplete",
        "4 OnCampus on_campus_format",
        "5 Username username_repeated",
        "6 StudentId student_id_taken",
        "7 StudentId quote_unclosed",
        "8 OnCampus on_campus_format",
      ]);
      assert.match(
        cells[0]![5]!,
        /^7 rows: 1 added, 0 updated, 1 unchanged, 5 rejected, 3 warnings$/,
      );
    }
  });

  test("a cell that a spreadsheet would run as a formula is prefixed, the Username's and the message's too", async () => {
    const database = opened().client;
    const school = await makeSchool(database, { username: "any" });
    const names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"];
    await upload(database, school, `${header}=held,77,,,,,,,1\r\n`);
    const rows = names.flatMap((name) => [
      `"${name}",,,,,=2,,,1\r\n`,
      `"${name}",77,,,,,,,1\r\n`,
      `"${name}",,"=HYPERLINK(""x"")\ny",,,,,,@\r\n`,
      `"${name}",1\r\n`,
      `${name} ",,,,,,,,1\r\n`,
    ]);
    const { report } = await upload(database, school, header + rows.join(""));
    const cells = cellsOf(report);
    assert.ok(cells.length > 5 * names.length);
    for (const cell of cells.flat()) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
    assert.ok(cells.some(([, username]) => username === "'=1+1"));
    const taken = cells.find(([, , , , code]) => code === "student_id_taken");
    assert.match(taken![5]!, /belongs to =held\./);
  });

  test("of a record that goes over its line, a message quotes nothing of the lines below", async () => {
    const database = opened().client;
    const cases: [string, string, string, RegExp][] = [
      // One record: a line break in a value.
      [
        'a@x.edu,1,"Lee\r\nmallory",Ana,,,,,1\n',
        "control_character",
        "a@x.edu",
        /'Lee<CR><LF>\.\.\.'/,
      ],
      ['"a@x.edu\nmallory@x.edu",1,,,,,,,1\n', "control_character", "a@x.edu<LF>...", /'a@x/],
      // Two rows, of which the first lacks a closing quotation mark and the second an opening one.
      [
        'a@x.edu,1,"Lee,Ana,,,,,1\nmallory@x.edu,2,Ray",,Bob, mallory Jr,,,1\n',
        "quote_unclosed",
        "a@x.edu",
        /opens the value of LastName in this line/,
      ],
      [
        'a@x.edu,1,"Lee,Ana\nmallory@x.edu,2,Ray",,Bob, mallory Jr,,,1,1\n',
        "field_count",
        "a@x.edu",
        /10 values.* opens the value of LastName is closed in a later line only/,
      ],
      [
        'a@x.edu,1,"Lee,Ana",",,,,1\nmallory@x.edu,2,Ray,Bob",,,,mallory,mallory\n',
        "control_character",
        "a@x.edu",
        /^',,,,1<LF>\.\.\.' has a line break/,
      ],
      ['a@x.edu,1,"Lee\nmalloryGarc\xeda",Ana,,,,,1\n', "not_utf8", "a@x.edu", /^This line is not/],
    ];
    for (const [rows, expected, name, message] of cases) {
      const school = await makeSchool(database);
      const file = Uint8Array.from(header + rows, (c) => c.charCodeAt(0));
      const { report } = await upload(database, school, file);
      const [, [line, username, , , code, text]] = cellsOf(report) as [string[], string[]];
      assert.deepEqual([line, username, code], ["2", name, expected]);
      assert.match(text!, message);
      assert.doesNotMatch(username + text!, /mallory|Ray|Bob/);
    }
  });

  test("a message never quotes a value of another student, whatever is wrong with the lines around", async () => {
    const database = opened().client;
    const line = fc.record({ damage, newline: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 100, maxLength: 200 }),
        fc.constantFrom({}, { sliceRows: 20 }),
        async (lines, options) => {
          const school = await makeSchool(database, { country: "US" });
          const rows = lines.map(({ damage, newline }, i) => rowOf(i + 2, damage, newline));
          const file = Uint8Array.from(header + rows.join(""), (c) => c.charCodeAt(0));
          const { report } = await upload(database, school, file, options);
          for (const [line, username, , severity, code, message] of cellsOf(report).slice(1)) {
            assert.equal(problemCodes[code as keyof typeof problemCodes].severity, severity);
            const quoted = [...`${username} ${message}`.matchAll(/\b[uslftdgec](\d+)x/g)];
            for (const [value, where] of quoted) {
              assert.equal(where, line, `line ${line} ${code} quotes ${value}: ${message}`);
            }
          }
        },
      ),
      { numRuns: runsOver(database, 8) },
    );
  });
});
