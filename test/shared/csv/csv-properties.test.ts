import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import Papa from "papaparse";
import { isMalformed, RECORD_BYTES, scan } from "../../../shared/csv/csv.ts";
import { writeRecord } from "../../../shared/csv/write.ts";
import { type Found, rawBytes, scanInSlices, scanText } from "./scanning.ts";

const nasty = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('"', '""', ",", "\n", "\r\n", "\r", " ", "a", "b,c") },
  {
    weight: 3,
    arbitrary: fc.constantFrom("\0", "\xff", "\xc3", "\xa9", "\xe2\x82", "\xef\xbf\xbd"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("\xef\xbb\xbf", "\xc3\xa9", "\xf0\x9f\x8e\x93", '","', '"\n'),
  },
);
const nastyFile = fc.array(nasty, { maxLength: 60 }).map((parts) => rawBytes(parts.join("")));

const nearLimit = fc.tuple(
  fc.constantFrom("x", "x\n", '""', "\xc3\xa9", "a,", "\r", " ", "y\r\n", "\xff"),
  fc.integer({ min: -6, max: 6 }),
).map(([text, more]) => text.repeat(Math.ceil((RECORD_BYTES + more) / text.length)));
const longFile = fc.array(fc.oneof({ weight: 5, arbitrary: nasty }, nearLimit), { maxLength: 12 })
  .map((parts) => rawBytes(parts.join("")));

const cutsOf = (file: Uint8Array, places: readonly number[]) =>
  places.map((place) => Math.floor(place * file.length)).sort((a, b) => a - b);
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
const columns = fc.constantFrom(undefined, 1, 2, 3);

/** What must be the same however a file is cut. */
function assertSameInSlices(
  file: Uint8Array,
  cuts: readonly number[],
  options: { columns?: number; maxRecords?: number },
) {
  const whole = scan(file, { line: 1, last: true, columns: options.columns });
  const sliced = scanInSlices(file, cuts, options);
  assert.deepEqual(sliced.records, whole.records);
  assert.equal(sliced.line, whole.nextLine);
  assert.equal(sliced.offset, file.length);
  assert.ok(sliced.largestTail <= RECORD_BYTES + 1, `a tail of ${sliced.largestTail} bytes`);
}

test("splitting a file into slices at any byte gives the same records", () => {
  fc.assert(
    fc.property(nastyFile, columns, (file, columns) => {
      for (let cut = 0; cut < file.length; cut++) assertSameInSlices(file, [cut], { columns });
      const everywhere = Array.from(file, (_, i) => i);
      assertSameInSlices(file, everywhere, { columns });
    }),
    { numRuns: 400 },
  );
});

test("splitting gives the same records for any number of records at a time", () => {
  fc.assert(
    fc.property(
      nastyFile,
      places,
      columns,
      fc.integer({ min: 1, max: 4 }),
      (file, at, columns, n) => {
        assertSameInSlices(file, cutsOf(file, at), { columns, maxRecords: n });
      },
    ),
    { numRuns: 1000 },
  );
});

test("splitting gives the same records around the 64 KiB limit", () => {
  fc.assert(
    fc.property(longFile, places, columns, (file, at, columns) => {
      assertSameInSlices(file, cutsOf(file, at), { columns });
    }),
    { numRuns: 60 },
  );
});

test("counting finds as many records as reading, and ends at the same line, however it is cut", () => {
  const counts = (record: Found) =>
    isMalformed(record) ? !record.continued : record.fields.some((field) => field.trim() !== "");
  fc.assert(
    fc.property(
      fc.oneof({ weight: 30, arbitrary: nastyFile }, longFile),
      places,
      columns,
      fc.constantFrom(undefined, 1, 3),
      (file, at, columns, maxRecords) => {
        const whole = scan(file, { line: 1, last: true, columns });
        let [offset, line, insideLine, counted] = [0, 1, false, 0];
        for (const cut of [...cutsOf(file, at), file.length]) {
          for (let goesOn = true; goesOn && offset < cut;) {
            const options = { line, insideLine, columns, maxRecords, tally: true };
            const found = scan(file.subarray(offset, cut), {
              ...options,
              last: cut === file.length,
            });
            counted += found.tallied + found.records.filter(counts).length;
            ({ nextLine: line, insideLine } = found);
            offset += found.consumed;
            goesOn = found.consumed > 0;
          }
        }
        assert.equal(counted, whole.records.filter(counts).length);
        assert.deepEqual([offset, line], [file.length, whole.nextLine]);
      },
    ),
    { numRuns: 2000 },
  );
});

/** Byte ranges in order, nothing between them but blank lines, each on the line it says. */
function assertCovers(file: Uint8Array, records: readonly Found[]) {
  const text = String.fromCharCode(...file);
  let at = 0;
  for (const record of records) {
    assert.match(text.slice(at, record.start), /^(?:\xef\xbb\xbf)?(?: *\r?\n)*$/);
    assert.equal(record.line, text.slice(0, record.start).split("\n").length);
    if (isMalformed(record)) {
      const lf = text.indexOf("\n", record.start);
      assert.equal(record.end, lf === -1 ? text.length : lf + 1);
    }
    assert.ok(record.end > record.start);
    at = record.end;
  }
  assert.match(text.slice(at), /^(?:\xef\xbb\xbf)?(?: *\r?\n)* *$/);
}

test("records cover the file: every byte is in one record or in a blank line", () => {
  fc.assert(
    fc.property(nastyFile, columns, (file, columns) => {
      assertCovers(file, scan(file, { line: 1, last: true, columns }).records);
    }),
    { numRuns: 2000 },
  );
});

test("every good row after a malformed record is processed", () => {
  const row = fc.constantFrom("a,b", '"a ""b""",c', '"x\ny",z', "é,李");
  const bad = fc.constantFrom('x"y,z', '"x"y,z', "x", "a,b,c", 'x,"y"z');
  fc.assert(
    fc.property(fc.array(fc.oneof(row, bad)), (lines) => {
      const records = scanText(lines.map((line) => line + "\r\n").join(""), 2);
      const isGood = (line: string) => scanText(line, 2).every((record) => !isMalformed(record));
      assert.deepEqual(records.map((record) => !isMalformed(record)), lines.map(isGood));
    }),
  );
});

const field = fc.string({
  unit: fc.constantFrom("a", "é", "李", "🎓", ",", '"', "\n", "\r\n", "\r", " ", "\t", ";"),
  maxLength: 8,
});
const table = fc.integer({ min: 2, max: 5 }).chain((width) =>
  fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 })
);

test("what writeRecord writes, scan reads back", () => {
  const anyField = fc.oneof(field, fc.string({ unit: "grapheme" })).filter((text) =>
    !text.includes("\0")
  );
  fc.assert(
    fc.property(fc.array(fc.array(anyField, { minLength: 1 })), (rows) => {
      const text = rows.map(writeRecord).join("");
      const records = scanText(text);
      assert.deepEqual(records.map((record) => record.fields), rows);
    }),
    { numRuns: 500 },
  );
});

test("on well-formed input the records are those of csv-parse and papaparse", () => {
  const style = fc.record({
    end: fc.constantFrom("\n", "\r\n"),
    all: fc.boolean(),
    bom: fc.boolean(),
  });
  fc.assert(
    fc.property(table, style, (rows, { end, all, bom }) => {
      const write = (row: string[]) =>
        all
          ? row.map((value) => `"${value.replaceAll('"', '""')}"`).join(",") + end
          : writeRecord(row).replace(/\r\n$/, end);
      const text = (bom ? "\ufeff" : "") + rows.map(write).join("");
      const ours = scanText(text).map((record) => record.fields);
      assert.deepEqual(ours, rows);
      assert.deepEqual(ours, parse(text, { bom: true, record_delimiter: end }));
      const papa = Papa.parse<string[]>(text, { delimiter: ",", newline: end });
      // It takes the end of the last line for the start of one more.
      assert.deepEqual(ours, papa.data.slice(0, -1));
    }),
    { numRuns: 500 },
  );
});

test("on mixed line ends the records are those of csv-parse", () => {
  const ends = fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 8, maxLength: 8 });
  // A value that ends in CR, or is nothing but one, is where mixed line ends are ambiguous.
  fc.assert(
    fc.property(table, ends, (rows, ends) => {
      const text = rows.map((row, i) => writeRecord(row).replace(/\r\n$/, ends[i]!)).join("");
      const ours = scanText(text).map((record) => record.fields);
      assert.deepEqual(ours, parse(text, { record_delimiter: ["\r\n", "\n"] }));
    }),
    { numRuns: 500 },
  );
});
