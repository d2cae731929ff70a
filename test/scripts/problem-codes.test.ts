import assert from "node:assert/strict";
import { test } from "node:test";
import { END, problemCodesTable, START, withTable } from "../../scripts/problem-codes.ts";
import { problemCodes } from "../../worker/roster/problems.ts";

test("codes are listed in docs/problems.md with their meaning: the table has each of them once", () => {
  const table = problemCodesTable();
  for (const [code, { severity, meaning }] of Object.entries(problemCodes)) {
    assert.equal(table.split(`| \`${code}\` | ${severity} | ${meaning} |`).length, 2, code);
  }
});

test("the table is written between its two marks, and only there", () => {
  const text = withTable(`# Title\n\n${START}\nold\n${END}\n\nmore\n`)!;
  assert.equal(text, `# Title\n\n${START}\n\n${problemCodesTable()}\n\n${END}\n\nmore\n`);
  assert.equal(withTable(text), text);
  assert.equal(withTable("# Title\n"), undefined);
});
