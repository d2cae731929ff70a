/**
 * What a file is that is not a comma-separated UTF-8 file, told from its first bytes.
 */
import { type Problem, problem, type ProblemCode } from "./problems.ts";

/** So much of the file is looked at, at most. */
const LOOK_BYTES = 64 * 1024;

/** How a workbook becomes a roster. */
export const SAVE_AS = `Save it as "CSV UTF-8 (comma delimited)" and send that`;

/**
 * The one answer for a whole file that no row can be read from; `undefined` when it may be a roster.
 * @param firstBytes the file's first slice, or the whole file
 */
export function sniff(firstBytes: Uint8Array): Problem | undefined {
  const bytes = firstBytes.subarray(0, LOOK_BYTES);
  if (bytes.length === 0) {
    return whole("header_missing", "The file is empty: it has no header row and no rows.");
  }
  return workbook(bytes) ?? wideCharacters(bytes) ?? otherFormat(bytes) ?? lineEnds(bytes) ??
    separator(bytes);
}

function whole(code: ProblemCode, message: string): Problem {
  return problem({ line: 1 }, code, `${message} No row was applied.`);
}

function workbook(bytes: Uint8Array): Problem | undefined {
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])) {
    return renamedWorkbook("an Excel workbook (.xls)");
  }
  if (!startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) return undefined;
  return documentOf(entryNames(bytes), latin1(bytes.subarray(0, 128))) ?? whole(
    "file_not_csv",
    "This is a ZIP archive with the name of a CSV file. Send the CSV file that is in it.",
  );
}

/** The names of the files of a ZIP archive that begin in what is looked at. */
function entryNames(bytes: Uint8Array): string[] {
  return latin1(bytes).split("PK\x03\x04").slice(1).map((entry) => {
    const length = entry.charCodeAt(22) | entry.charCodeAt(23) << 8;
    return entry.slice(26, 26 + length);
  });
}

/** Office programs keep their documents as ZIP archives of many files, told by their names. */
function documentOf(names: readonly string[], start: string): Problem | undefined {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (names[0] === "mimetype" && start.includes("application/vnd.oasis.opendocument.")) {
    return start.includes("opendocument.spreadsheet")
      ? renamedWorkbook("an OpenDocument spreadsheet (.ods)")
      : notCsv("an OpenDocument document, such as an .odt");
  }
  if (has(/^word\/.+\.xml/)) return notCsv("a Word document (.docx)");
  if (has(/^ppt\/.+\.xml/)) return notCsv("a PowerPoint presentation (.pptx)");
  // An .xlsx often starts with its list of contents and may name xl/ later than we look.
  if (has(/^xl\//) || has(/^\[Content_Types\]\.xml$/)) {
    return renamedWorkbook("an Excel workbook (.xlsx)");
  }
  // Numbers, Pages and Keynote differ in nothing that is seen from outside.
  if (has(/(^|\/)Index(\.zip|\/[^/]+\.iwa)$/)) {
    return renamedWorkbook("a spreadsheet of Numbers (.numbers), or another document of Apple's");
  }
}

function renamedWorkbook(kind: string): Problem {
  return whole("file_workbook", `This is ${kind} with the name of a CSV file. ${SAVE_AS}.`);
}

function notCsv(kind: string): Problem {
  const message = `This is ${kind}, with the name of a CSV file.`;
  return whole("file_not_csv", `${message} Send the roster as comma-separated text in UTF-8.`);
}

function wideCharacters(bytes: Uint8Array): Problem | undefined {
  const marked = startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff]) ||
    startsWith(bytes, [0x00, 0x00, 0xfe, 0xff]);
  if (!marked && !alternatesWithNul(bytes)) return undefined;
  return whole(
    "file_utf16",
    `This file is Unicode text of another kind (UTF-16 or UTF-32); UTF-8 is expected. ${SAVE_AS}.`,
  );
}

/** Latin text in UTF-16 without a mark: every other byte is NUL, and the ones between are not. */
function alternatesWithNul(bytes: Uint8Array): boolean {
  const looked = bytes.subarray(0, 4096);
  const nuls = [0, 0];
  looked.forEach((byte, i) => {
    if (byte === 0) nuls[i % 2]!++;
  });
  const half = looked.length / 2;
  return half >= 2 && Math.max(nuls[0]!, nuls[1]!) > half * 0.7 &&
    Math.min(nuls[0]!, nuls[1]!) < half * 0.3;
}

function otherFormat(bytes: Uint8Array): Problem | undefined {
  const start = latin1(bytes.subarray(0, 1024)).replace(/^\xef\xbb\xbf/, "").trimStart();
  const kind = start.startsWith("%PDF-")
    ? "a PDF document"
    : startsWith(bytes, [0x1f, 0x8b])
    ? "a compressed (gzip) file"
    : /^<(!doctype|html|table)/i.test(start)
    ? "a web page (HTML)"
    : /^<\?xml/i.test(start)
    ? "an XML document"
    : /^\{\\rtf/.test(start)
    ? "a word processor's document (RTF)"
    : /^-----BEGIN |^PuTTY-User-Key-File/.test(start)
    ? "a key or certificate"
    : isBinary(bytes)
    ? "a binary file, not text"
    : undefined;
  return kind === undefined ? undefined : notCsv(kind);
}

/** A NUL or two in a roster cost their lines; this is a file that is full of them. */
function isBinary(bytes: Uint8Array): boolean {
  const looked = bytes.subarray(0, 4096);
  return looked.filter((byte) => byte === 0).length > looked.length / 20;
}

function lineEnds(bytes: Uint8Array): Problem | undefined {
  if (!withoutQuoted(firstLine(bytes)).includes("\r")) return undefined;
  return whole(
    "file_line_ends",
    "The lines of this file end in CR alone, as on an old Macintosh (Excel calls it " +
      `"CSV (Macintosh)"); CRLF or LF is expected. ${SAVE_AS}.`,
  );
}

/** In many countries Excel's "CSV (comma delimited)" has semicolons, as the comma is the decimal sign. */
const LIST_SEPARATOR = "In many countries Excel writes semicolons in every kind of CSV: set the " +
  "list separator of Windows to a comma (Region, Additional settings) and save it again, or save it " +
  "with LibreOffice or Google Sheets, which ask or write commas.";

const separators = [
  [";", "semicolon-separated", "semicolons"],
  ["\t", "tab-separated", "tabs"],
  ["|", "bar-separated", "bars"],
] as const;

function separator(bytes: Uint8Array): Problem | undefined {
  const header = withoutQuoted(firstLine(bytes));
  const commas = count(header, ",");
  for (const [character, kind, name] of separators) {
    const found = count(header, character);
    const announced = header.toLowerCase().startsWith(`sep=${character}`);
    if (!announced && (found < 4 || found <= commas)) continue;
    return whole(
      "file_separator",
      `This looks like a ${kind} file: its header row has ${found} ${name}. Commas are expected ` +
        `between the values. ${character === ";" ? LIST_SEPARATOR : `${SAVE_AS}.`}`,
    );
  }
}

/**
 * The first line that is not blank, as Latin-1 and without its line end: LF, CR LF, and also CR CR LF,
 * which is a slip of some Windows programs and does not make a Macintosh file.
 */
function firstLine(bytes: Uint8Array): string {
  const text = latin1(bytes).replace(/^\xef\xbb\xbf/, "").replace(/^(?: *\r?\n)+/, "");
  const lf = text.indexOf("\n");
  let end = lf === -1 ? text.length : lf;
  while (end > 0 && text[end - 1] === "\r") end--;
  return text.slice(0, end);
}

function withoutQuoted(line: string): string {
  return line.replace(/"[^"]*"/g, "");
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
