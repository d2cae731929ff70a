import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { COLUMNS } from "../../../worker/roster/columns.ts";
import { sniff } from "../../../worker/roster/file-kind.ts";

const header = COLUMNS.join(",");
const row = "ana@college.edu,S1,García,Ana,,,,,1";
const roster = `${header}\r\n${row}\r\n`;
const utf8 = (text: string) => new TextEncoder().encode(text);
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const utf16 = (text: string, littleEndian: boolean) => {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return new Uint8Array(view.buffer);
};

function assertSniffed(bytes: Uint8Array, code: string, message: RegExp) {
  const problem = sniff(bytes);
  assert.equal(problem?.code, code);
  assert.equal(problem.severity, "error");
  assert.equal(problem.line, 1);
  assert.match(problem.message, message);
}

test("a roster is nothing else", () => {
  const quoted = COLUMNS.map((name) => `"${name};\r;\t;"`).join(",");
  for (
    const text of [
      roster,
      `\ufeff${roster}`,
      `\n\n${roster}`,
      header,
      `${header}\r\r\n${row}\r\r\n`,
      `${quoted}\r\n`,
      "Email,StudentId,,,,,\n",
      `${header}\n${"\0".repeat(3)}\n`,
    ]
  ) assert.equal(sniff(utf8(text)), undefined, JSON.stringify(text));
  assert.equal(sniff(bytesOf(`${header}\nGarc\xeda\n`)), undefined);
});

test("an empty file has no header row", () => {
  assertSniffed(new Uint8Array(), "header_missing", /empty/);
});

test("a UTF-16 file gets one clear answer, with a byte-order mark or without", () => {
  for (const littleEndian of [true, false]) {
    assertSniffed(utf16(`\ufeff${roster}`, littleEndian), "file_utf16", /UTF-16.*CSV UTF-8/);
    assertSniffed(utf16(roster, littleEndian), "file_utf16", /UTF-16/);
  }
});

/** The start of a ZIP archive: a local header for each file (APPNOTE 4.3.7), and what is in it. */
function zipped(...files: (readonly [name: string, content?: string])[]): Uint8Array {
  return bytesOf(
    files.map(([name, content = ""]) =>
      `PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0${"\0".repeat(12)}${
        String.fromCharCode(name.length)
      }\0\0\0${name}${content}`
    ).join(""),
  );
}

test("a workbook named .csv is told to be saved as CSV", () => {
  const contents = ["[Content_Types].xml", "xl/word/document.xml"] as const;
  assertSniffed(zipped(contents), "file_workbook", /Excel workbook.*Save it as/);
  assertSniffed(zipped(["xl/workbook.xml"]), "file_workbook", /Excel workbook/);
  const ods = ["mimetype", "application/vnd.oasis.opendocument.spreadsheet"] as const;
  assertSniffed(zipped(ods), "file_workbook", /OpenDocument spreadsheet/);
  const numbers = zipped(["Data/a.png"], ["Index/Document.iwa"]);
  assertSniffed(numbers, "file_workbook", /Numbers \(\.numbers\).*Save it as/);
  const xls = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "\0".repeat(100);
  assertSniffed(bytesOf(xls), "file_workbook", /\.xls\)/);
});

test("another document of an office program is named, and is no workbook", () => {
  const contents = ["[Content_Types].xml", "xl/ is only spoken of"] as const;
  assertSniffed(zipped(contents, ["word/document.xml"]), "file_not_csv", /Word document/);
  assertSniffed(zipped(contents, ["ppt/presentation.xml"]), "file_not_csv", /PowerPoint/);
  const odt = ["mimetype", "application/vnd.oasis.opendocument.text"] as const;
  assertSniffed(zipped(odt), "file_not_csv", /OpenDocument document/);
});

test("a ZIP archive, a PDF, a web page, a key or a binary file is named", () => {
  assertSniffed(zipped(["roster.csv", "xl/"]), "file_not_csv", /ZIP archive/);
  assertSniffed(bytesOf("%PDF-1.7\n%\xe2\xe3"), "file_not_csv", /PDF/);
  assertSniffed(utf8("<!DOCTYPE html><table>"), "file_not_csv", /web page/);
  assertSniffed(gzipSync(utf8(roster)), "file_not_csv", /gzip/);
  assertSniffed(utf8("-----BEGIN OPENSSH PRIVATE KEY-----\n"), "file_not_csv", /key/);
  const binary = Uint8Array.from({ length: 900 }, (_, i) => i % 7 === 0 ? 0 : (i * 37) % 251);
  assertSniffed(binary, "file_not_csv", /binary/);
});

test("lone CR line ends are reported as an old Macintosh file", () => {
  const file = roster.replaceAll("\r\n", "\r");
  assertSniffed(utf8(file), "file_line_ends", /CR alone.*CRLF or LF is expected/);
  assertSniffed(utf8(`${header}\r${row}\n${row}\n`), "file_line_ends", /Macintosh/);
});

test("a semicolon- or tab-separated file is called that", () => {
  const of = (separator: string) => utf8(roster.replaceAll(",", separator));
  assertSniffed(of(";"), "file_separator", /looks like a semicolon-separated file.*Commas/);
  assertSniffed(of("\t"), "file_separator", /looks like a tab-separated file/);
  assertSniffed(of("|"), "file_separator", /looks like a bar-separated file/);
  assertSniffed(utf8("sep=;\nUsername;x\n"), "file_separator", /semicolon/);
});
