import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import { problem } from "../../../worker/roster/problems.ts";
import { problemLine, reportHeader, summary } from "../../../worker/roster/report.ts";

const counts = {
  read: 20000,
  added: 150,
  updated: 49,
  unchanged: 19790,
  rejected: 11,
  warnings: 3,
  unprocessed: 0,
};

test("the report has the header Line,Username,Column,Severity,Code,Message and CRLF", () => {
  assert.equal(reportHeader, "Line,Username,Column,Severity,Code,Message\r\n");
  const where = { line: 3, username: "a@b.edu", column: "Dob" };
  const line = problemLine(problem(where, "dob_format", 'found "x", expected y'));
  assert.equal(line, '3,a@b.edu,Dob,error,dob_format,"found ""x"", expected y"\r\n');
});

test("the summary counts the whole file", () => {
  assert.deepEqual(summary(counts), {
    line: 0,
    username: "",
    column: "",
    severity: "info",
    code: "summary",
    message: "20000 rows: 150 added, 49 updated, 19790 unchanged, 11 rejected, 3 warnings",
  });
  assert.match(problemLine(summary(counts)), /^,,,info,summary,"20000 rows: /);
});

test("the summary says one row and one warning", () => {
  const one = { ...counts, read: 1, added: 0, updated: 0, unchanged: 0, rejected: 1, warnings: 1 };
  assert.equal(
    summary(one).message,
    "1 row: 0 added, 0 updated, 0 unchanged, 1 rejected, 1 warning",
  );
});

test("the summary says how many rows were not processed after the row limit", () => {
  const { message } = summary({ ...counts, read: 50000, unprocessed: 1200 });
  assert.match(message, /3 warnings\. 1200 more rows were not processed: .* limit is 50000 rows/);
  assert.match(summary({ ...counts, unprocessed: 1 }).message, /1 more row was not processed/);
});

test("header and no rows: completed, nothing to do", () => {
  const nothing = {
    ...counts,
    read: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    warnings: 0,
  };
  assert.equal(
    summary(nothing).message,
    "0 rows: 0 added, 0 updated, 0 unchanged, 0 rejected, 0 warnings. " +
      "There is nothing below the header row, so there was nothing to do.",
  );
});

test("a cell that a spreadsheet would run as a formula is prefixed with an apostrophe", () => {
  for (const start of ["=", "+", "-", "@", "\t", "\r"]) {
    const value = `${start}cmd|' /C calc'!A0`;
    const line = problemLine(problem({ line: 2, username: value }, "username_email", value));
    const [cells] = parse(line, { record_delimiter: "\r\n" });
    assert.deepEqual(cells, ["2", `'${value}`, "", "error", "username_email", `'${value}`]);
  }
});
