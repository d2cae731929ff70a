import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import Papa from "papaparse";
import {
  type CsvRecord,
  isMalformed,
  type MalformedRecord,
  RECORD_BYTES,
  scan,
  writeRecord,
} from "../../../shared/csv/csv.ts";

type Found = CsvRecord | MalformedRecord;

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text);

/** Each character one byte: for bytes that are not UTF-8. */
const rawBytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

const scanText = (text: string, columns?: number) =>
  scan(bytesOf(text), { line: 1, last: true, columns }).records;

/** `2:a|b` for a record, `3:quote_bare` for a malformed one. */
const brief = (records: readonly Found[]) =>
  records.map((record) =>
    `${record.line}:${isMalformed(record) ? record.reason : record.fields.join("|")}`
  );

/** Scans a file in slices that end at the cuts, giving what is unconsumed again with the next. */
function scanInSlices(
  file: Uint8Array,
  cuts: readonly number[],
  options: { columns?: number; maxRecords?: number } = {},
) {
  const records: Found[] = [];
  let offset = 0;
  let line = 1;
  let insideLine = false;
  let largestTail = 0;
  for (const cut of [...cuts, file.length]) {
    const last = cut === file.length;
    for (;;) {
      const slice = file.subarray(offset, cut);
      const found = scan(slice, { line, last, insideLine, ...options });
      for (const record of found.records) {
        records.push({ ...record, start: record.start + offset, end: record.end + offset });
      }
      offset += found.consumed;
      line = found.nextLine;
      insideLine = found.insideLine;
      const isFull = found.records.length === options.maxRecords;
      if (!isFull) largestTail = Math.max(largestTail, cut - offset);
      if (!isFull || offset === cut) break;
    }
  }
  return { records, offset, line, largestTail };
}

test("RFC 4180: quoted values keep commas, line ends and doubled quotation marks", () => {
  const text = 'a,"b,c","d ""e"" f"\r\n"x\r\ny","",z\r\n';
  assert.deepEqual(scanText(text), [
    { line: 1, start: 0, end: 21, fields: ["a", "b,c", 'd "e" f'] },
    { line: 2, start: 21, end: 34, fields: ["x\r\ny", "", "z"] },
  ]);
});

test("LF and CRLF end a line, also mixed; a lone CR is data", () => {
  assert.deepEqual(brief(scanText("a,b\nc,d\r\ne\rf,g\r\r\nh,i")), [
    "1:a|b",
    "2:c|d",
    "3:e\rf|g\r",
    "4:h|i",
  ]);
});

test("a byte-order mark at the start of the file is tolerated, and is data anywhere else", () => {
  const records = scanText("\ufeffa,b\n\ufeffc,d\n");
  assert.deepEqual(records, [
    { line: 1, start: 0, end: 7, fields: ["a", "b"] },
    { line: 2, start: 7, end: 14, fields: ["\ufeffc", "d"] },
  ]);
  assert.deepEqual(brief(scanText('\ufeff"a",b\n')), ["1:a|b"]);
  assert.deepEqual(scanText("\ufeff"), []);
  const later = scan(bytesOf("\ufeffa,b\n"), { line: 2, last: true }).records;
  assert.deepEqual(brief(later), ["2:\ufeffa|b"]);
});

test("a blank line is ignored, but counted as a physical line", () => {
  assert.deepEqual(brief(scanText("a,b\n\n   \r\n\r\nc,d\n \n")), ["1:a|b", "5:c|d"]);
  const { consumed, nextLine } = scan(bytesOf("\n\n  \n"), { line: 7, last: false });
  assert.deepEqual({ consumed, nextLine }, { consumed: 5, nextLine: 10 });
});

test("a malformed record costs exactly the physical line it starts on", () => {
  const good = "a,b,c";
  const cases: [string, string][] = [
    ['x,y"y,z', "2:quote_bare"],
    ['x,"y"y,z', "2:quote_bare"],
    ['x,y,"', "2:quote_unclosed"],
    ["x,y", "2:field_count"],
    ["x,y,z,", "2:field_count"],
    ["x,\0,z", "2:nul_byte"],
  ];
  for (const [line, verdict] of cases) {
    const records = scanText(`${good}\n${line}\n${good}\n"d",e,f\n`, 3);
    assert.deepEqual(brief(records), ["1:a|b|c", verdict, "3:a|b|c", "4:d|e|f"], line);
    const bad = records[1]!;
    assert.deepEqual([bad.start, bad.end], [6, 6 + line.length + 1], line);
  }
});

test("bytes that are not UTF-8 cost their line, and a U+FFFD that is in the file does not", () => {
  const file = rawBytes("a,b\nGarc\xeda,\xff\n\xef\xbf\xbd,c\nd,\xe2\x82\ne,f\n");
  const { records } = scan(file, { line: 1, last: true, columns: 2 });
  assert.deepEqual(brief(records), ["1:a|b", "2:not_utf8", "3:\ufffd|c", "4:not_utf8", "5:e|f"]);
  assert.deepEqual((records[1] as MalformedRecord).fields, ["Garc\ufffda", "\ufffd"]);
});

test("an unclosed quote never swallows the rest of the file", () => {
  const rows = Array.from({ length: 3000 }, (_, i) => `u${i}@college.edu,S${i},Lee,1`);
  rows[1] = 'u1@college.edu,S1,"Lee,1';
  rows[2990] = '"u2990@college.edu",S2990,"Lee, Jr.",1';
  const records = scanText(rows.join("\r\n") + "\r\n", 4);
  assert.equal(records.length, 3000);
  assert.deepEqual(
    records.filter(isMalformed).map(({ line, reason, found, fields }) => ({
      line,
      reason,
      found,
      fields,
    })),
    [{ line: 2, reason: "quote_unclosed", found: 3, fields: ["u1@college.edu", "S1"] }],
  );
});

test("a quoted value that goes over a line end and holds as many commas as a row was never closed", () => {
  const file = 'a,"b,c\nd,e,f\ng,h",i\nj,"k\nl,",m\n';
  assert.deepEqual(brief(scanText(file, 3)), [
    "1:quote_unclosed",
    "2:d|e|f",
    "3:quote_bare",
    "4:j|k\nl,|m",
  ]);
  assert.deepEqual((scanText(file, 3)[0] as MalformedRecord).fields, ["a"]);
  // Where any number of fields will do, nothing is known of rows.
  assert.deepEqual(brief(scanText(file)), ["1:a|b,c\nd,e,f\ng,h|i", "4:j|k\nl,|m"]);
});

test("a malformed record tells how many fields it has, or in which column its quote is", () => {
  const tell = (text: string) => {
    const { reason, found, fields } = scanText(text, 3)[0] as MalformedRecord;
    return { reason, found, fields };
  };
  assert.deepEqual(tell("a,b\n"), { reason: "field_count", found: 2, fields: ["a", "b"] });
  assert.deepEqual(tell('a,b,c"\n'), { reason: "quote_bare", found: 3, fields: ["a", "b"] });
  assert.deepEqual(tell('"a" ,b,c\n'), { reason: "quote_bare", found: 1, fields: [] });
  assert.deepEqual(tell('a,"b\nc,"d\n'), { reason: "quote_unclosed", found: 2, fields: ["a"] });
});

test("a record longer than 64 KiB is malformed, its line end not counted", () => {
  const long = (bytes: number) => `a,${"x".repeat(bytes - 2)}`;
  for (const end of ["\n", "\r\n", ""]) {
    const good = scanText(`b,c\n${long(RECORD_BYTES)}${end}`, 2);
    assert.deepEqual(good.map(isMalformed), [false, false]);
  }
  const file = `b,c\r\n${long(RECORD_BYTES + 1)}\r\n"d",e\r\n`;
  const records = scanText(file, 2);
  assert.deepEqual(brief(records), [
    "1:b|c",
    "2:record_too_long",
    "2:record_too_long",
    "3:d|e",
  ]);
  const [, first, rest] = records as MalformedRecord[];
  assert.deepEqual(first, { line: 2, start: 5, end: 5 + 65536, reason: "record_too_long" });
  assert.equal(rest!.continued, true);
  assert.deepEqual([rest!.start, rest!.end], [first!.end, first!.end + 3]);
});

test("a quoted value over several lines counts as malformed when it exceeds 64 KiB", () => {
  const lines = (bytes: number) => `a,"${"xyz\n".repeat((bytes - 4) / 4)}"`;
  assert.deepEqual(scanText(`${lines(RECORD_BYTES)}\nb,c\n`, 2).map(isMalformed), [false, false]);
  const [bad] = scanText(`${lines(RECORD_BYTES + 4)}\n`, 2) as MalformedRecord[];
  assert.equal(bad!.reason, "quote_unclosed");
  assert.deepEqual([bad!.start, bad!.end], [0, 'a,"xyz\n'.length]);
});

test("maxRecords stops right after that many records, malformed ones included", () => {
  const found = scan(bytesOf('a,b\n\nc"\nd,e\nf,g\n'), {
    line: 1,
    last: true,
    columns: 2,
    maxRecords: 2,
  });
  assert.deepEqual(brief(found.records), ["1:a|b", "3:quote_bare"]);
  assert.deepEqual([found.consumed, found.nextLine], [8, 4]);
});

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

/** Counts how many characters and bytes are looked at one by one or searched, while `work` runs. */
function stepsOf(work: () => void): number {
  let steps = 0;
  const { indexOf, charCodeAt } = String.prototype;
  const bytesIndexOf = Uint8Array.prototype.indexOf;
  String.prototype.indexOf = function (what, from = 0) {
    const found = indexOf.call(this, what, from);
    steps += (found === -1 ? this.length : found) - from + 1;
    return found;
  };
  String.prototype.charCodeAt = function (at) {
    steps++;
    return charCodeAt.call(this, at);
  };
  Uint8Array.prototype.indexOf = function (what, from = 0) {
    const found = bytesIndexOf.call(this, what, from);
    steps += (found === -1 ? this.length : found) - from + 1;
    return found;
  };
  try {
    work();
  } finally {
    String.prototype.indexOf = indexOf;
    String.prototype.charCodeAt = charCodeAt;
    Uint8Array.prototype.indexOf = bytesIndexOf;
  }
  return steps;
}

test("the work is proportional to the bytes, whatever they are", () => {
  const size = 1 << 18;
  const repeated = (text: string) => text.repeat(Math.ceil(size / text.length)).slice(0, size);
  const hostile: Record<string, string> = {
    "an unclosed quote on each line": repeated('a,"bbb\n'),
    "the same with doubled quotes": repeated('a,"""b""\n'),
    "only the first quote": '"' + repeated("aaaaaaa,b\n"),
    "an unclosed quote each 64 KiB": repeated('"' + "a,b\n".repeat(16384)),
    "nothing but quotes": repeated('"'),
    "quotes and line ends": repeated('"\n'),
    "pairs and line ends": repeated('""\n'),
    "quoted line ends": repeated('"\n",'),
    "no commas": repeated("aaaa\n"),
    "no commas, a bare quote": repeated('aa"\n'),
    "nothing but commas": repeated(","),
    "nothing but line ends": repeated("\n"),
    "nothing but CR": repeated("\r"),
    "one line": repeated("x"),
    "records of several lines": repeated('"a\nb\nc\nd",e,f\n'),
    "records that swallow rows": repeated('"a\n,,,,,,,,\n",b\n'),
    "one that swallows 64 KiB of rows": repeated('"' + "a,,,,,,,,\n".repeat(6000) + '",b\n'),
  };
  for (const [name, text] of Object.entries(hostile)) {
    const bytes = bytesOf(text);
    const steps = stepsOf(() => scan(bytes, { line: 1, last: true, columns: 9 }));
    assert.ok(steps < 16 * bytes.length, `${name}: ${(steps / bytes.length).toFixed(1)} per byte`);
  }
});
