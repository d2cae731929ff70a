import assert from "node:assert/strict";
import { test } from "node:test";
import { isMalformed, scan } from "../../../shared/csv/csv.ts";
import { COLUMNS } from "../../../worker/roster/columns.ts";
import { malformedProblem } from "../../../worker/roster/malformed.ts";
import { problemCodes } from "../../../worker/roster/problems.ts";

function problemOf(line: string, bytes = new TextEncoder().encode(line)) {
  const [record] = scan(bytes, { line: 5, last: true, columns: COLUMNS.length }).records;
  assert.ok(record !== undefined && isMalformed(record), line);
  return malformedProblem(record);
}

test("a record that cannot be read has its line, its Username and its own code", () => {
  assert.deepEqual(problemOf('ana@b.edu,1,Lee "LJ",Ana,,,,,1\n'), {
    line: 5,
    username: "ana@b.edu",
    column: "LastName",
    severity: "error",
    code: "quote_bare",
    message: "There is a quotation mark in the value of LastName where none may be. A value that " +
      "contains one is written between quotation marks, with the inner ones doubled: " +
      '"Lee ""LJ""". The quotation marks must stand right next to the commas.',
  });
  const { code, column, username } = problemOf('ana@b.edu,1,"Lee,Ana,,,,,1\n');
  assert.deepEqual([code, column, username], ["quote_unclosed", "LastName", "ana@b.edu"]);
  assert.equal(problemOf('"ana@b.edu,1,,,,,,,1').username, "");
});

test("a wrong number of fields says how many were found and what it looks like", () => {
  const cases: [string, RegExp][] = [
    ["a@b.edu,1,,,,,,,1,,,\n", /has 12 values; 9 are expected\. There are 3 commas too many/],
    ["a@b.edu,1,,,,,,,1,\n", /has 10 values.*There is a comma too many at its end/],
    ["a@b.edu,1,Smith, Jr.,Ana,,,,,1\n", /has 10 values.*name with a comma.*write "Smith, Jr\."/],
    ["a@b.edu,1,Smith,Jr.,Ana,,,,,1\n", /has 10 values.*between quotation marks/],
    ["a@b.edu;1;;;;;;;1\n", /has 1 value; 9 are expected\. It looks like semicolons/],
    ["a@b.edu\t1\t\t\t\t\t\t\t1\n", /tabs stand between/],
    ["a@b.edu,1,,\n", /has 4 values; 9 are expected\. A blank value still needs its comma/],
    ["a@b.edu,1,,,,,,,1\rb@b.edu,2,,,,,,,1\n", /old Macintosh line ends/],
  ];
  for (const [line, message] of cases) {
    const problem = problemOf(line);
    assert.equal(problem.code, "field_count");
    assert.match(problem.message, message);
  }
});

test("the Username of a line that is not comma-separated is not the whole line", () => {
  assert.equal(problemOf("a@b.edu;1;Lee;Ana;;;;;1\n").username, "");
  assert.equal(problemOf("a@b.edu,1\n").username, "a@b.edu");
});

test("a line that is not UTF-8 is told that it looks like Latin-1", () => {
  const line = "a@b.edu,1,Garc\xeda,Ana,,,,,1\n";
  const { code, username, message } = problemOf(
    line,
    Uint8Array.from(line, (c) => c.charCodeAt(0)),
  );
  assert.deepEqual([code, username], ["not_utf8", "a@b.edu"]);
  assert.match(message, /not UTF-8 \(LastName: 'Garc\?a'\); it looks like Latin-1.*"CSV UTF-8"/);
});

test("NUL bytes and lines of more than 64 KiB are reported for what they are", () => {
  assert.equal(problemOf("a@b.edu,\0,,,,,,,1\n").code, "nul_byte");
  assert.equal(problemOf("x".repeat(70_000)).code, "record_too_long");
});

test("each code says how bad it is and what it means", () => {
  for (const [code, { severity, meaning }] of Object.entries(problemCodes)) {
    assert.match(code, /^[a-z][a-z0-9_]*$/);
    assert.match(severity, /^(error|warning|info)$/);
    assert.doesNotMatch(meaning, /[|\n]/);
  }
});
