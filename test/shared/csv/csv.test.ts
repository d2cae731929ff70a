import assert from "node:assert/strict";
import { test } from "node:test";
import { isMalformed, type MalformedRecord, RECORD_BYTES, scan } from "../../../shared/csv/csv.ts";
import { brief, bytesOf, rawBytes, scanText } from "./scanning.ts";

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
