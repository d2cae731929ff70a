/**
 * `deno task csv:agree`: our CSV against `@std/csv`, both ways, on made rosters and random records. It
 * needs JSR, so it is no part of `npm test`. Ends with 1 where they differ.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { makeRoster } from "../../../scripts/made-roster.ts";
import { isMalformed, scan } from "../../../shared/csv/csv.ts";
import { writeRecord } from "../../../shared/csv/write.ts";

interface StdCsv {
  parse(text: string): string[][];
  stringify(rows: readonly (readonly string[])[], options: { headers: boolean }): string;
}

// The name is put together so that tools without JSR do not look for it.
const { parse, stringify }: StdCsv = await import(["jsr:", "@std/csv@1"].join(""));

/** What we read, when all of it is well-formed. */
function read(text: string): string[][] {
  const { records } = scan(new TextEncoder().encode(text), { line: 1, last: true });
  return records.map((record) => {
    if (isMalformed(record)) throw new Error(`line ${record.line} is ${record.reason}`);
    return record.fields;
  });
}

// What we quote and they do not is left out: CR, U+FEFF, and a lone blank value.
const field = fc.stringMatching(/^[^\r\0\ufeff]{0,12}$/);
const records = fc.array(fc.array(field, { minLength: 2, maxLength: 9 }), { maxLength: 20 });

fc.assert(
  fc.property(records, (rows) => {
    const ours = rows.map(writeRecord).join("");
    assert.equal(ours, stringify(rows, { headers: false }), "written alike");
    if (rows.length === 0) return;
    assert.deepEqual(read(ours), rows, "we read what is written");
    assert.deepEqual(parse(ours), rows, "they read what is written");
  }),
  { numRuns: 2000, verbose: true },
);

const roster = makeRoster(5000);
assert.deepEqual(read(roster), parse(roster), "a roster is read alike");
console.log("Agreed: 2,000 random files written and read, 5,000 rows of a roster read.");
