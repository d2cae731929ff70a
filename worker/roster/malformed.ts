/**
 * Records that cannot be read, in words a registrar understands.
 */
import type { MalformedRecord } from "../../shared/csv/csv.ts";
import type { KeptRecord } from "./changes.ts";
import { byPosition, columnAt, type Layout } from "./layout.ts";
import { type Problem, problem } from "./problems.ts";
import { shown, visible } from "./values/shown.ts";

/** The problem of a malformed record; pieces that are `continued` have none of their own. */
export function malformedProblem(record: MalformedRecord, layout: Layout = byPosition): Problem {
  const { line, reason } = record;
  const fields = onFirstLine(record.fields);
  const username = readableUsername(fields, layout);
  const isQuote = reason.startsWith("quote_");
  const column = isQuote ? columnAt((record.found ?? 0) - 1, layout) ?? "" : "";
  const consequence = reason === "quote_unclosed"
    ? " Only this line was left out; reading went on at the next one."
    : "";
  return problem(
    { line, username, column },
    reason,
    whatIsWrong(record, layout, fields) + consequence,
  );
}

/**
 * Is a malformed record kept byte for byte, for a person to correct? Not one of more than 64 KiB, and
 * not one with a hole: a long run of NULs that nobody wrote, such as a file gets by being made longer.
 * Kept, a file of a few kilobytes could fill the disk. The original has them all.
 */
export function isCorrectable(
  { reason }: MalformedRecord,
  bytes: Uint8Array,
  { start, end }: KeptRecord,
): boolean {
  if (reason === "record_too_long") return false;
  return reason !== "nul_byte" || !hasHole(bytes.subarray(start, end));
}

const HOLE_BYTES = 32;

function hasHole(bytes: Uint8Array): boolean {
  let run = 0;
  for (const byte of bytes) {
    run = byte === 0 ? run + 1 : 0;
    if (run === HOLE_BYTES) return true;
  }
  return false;
}

/** What is wrong with a record and what is expected, in a sentence or three. */
export function whatIsWrong(
  record: MalformedRecord,
  layout: Layout = byPosition,
  fields = onFirstLine(record.fields),
): string {
  switch (record.reason) {
    case "quote_bare":
      return `There is a quotation mark in ${
        placeOf(record.found, layout)
      } where none may be. A value that ` +
        `contains one is written between quotation marks, with the inner ones doubled: ` +
        `"Lee ""LJ""". The quotation marks must stand right next to the commas.`;
    case "quote_unclosed":
      return `A quotation mark opens ${
        placeOf(record.found, layout)
      } in this line and no other one closes it.`;
    case "field_count":
      return fieldCountMessage(record, fields, layout);
    case "not_utf8":
      return `This line is not UTF-8${
        unreadable(fields, layout)
      }; it looks like Latin-1 or Windows-1252. ` +
        `Save the file as "CSV UTF-8" and send it again.`;
    case "nul_byte":
      return "This line contains NUL bytes, which no text has: the file is damaged, or it is not " +
        "a plain UTF-8 text file. Save it as CSV UTF-8 and send it again. A line with a long run of " +
        "them is not in the .rejected file.";
    case "record_too_long":
      return "This line is longer than 64 KiB (65536 bytes), which no row of a roster is. " +
        "Perhaps the line ends are missing. It is not in the .rejected file: correct it in the " +
        ".original one.";
  }
}

function placeOf(found: number | undefined, layout: Layout): string {
  const column = columnAt((found ?? 0) - 1, layout);
  return column === undefined ? `value ${found}` : `the value of ${column}`;
}

/**
 * The fields as far as they stand on the record's first physical line: that line is all a malformed
 * record costs, and the next one may be another student's.
 */
function onFirstLine(fields: readonly string[] = []): readonly string[] {
  const crossing = fields.findIndex((field) => field.includes("\n"));
  if (crossing === -1) return fields;
  const [start = ""] = fields[crossing]!.split(/\r?\n/, 1);
  return [...fields.slice(0, crossing), start];
}

function fieldCountMessage(
  record: MalformedRecord,
  fields: readonly string[],
  layout: Layout,
): string {
  const { length } = record.fields ?? [];
  const values = length === 1 ? "1 value" : `${length} values`;
  const wanted = layout === byPosition
    ? `${layout.width} are expected`
    : `the header row has ${layout.width}`;
  const start = `This row has ${values}; ${wanted}.`;
  const hint = length > fields.length
    ? `The quotation mark that opens ${
      placeOf(fields.length, layout)
    } is closed in a later line only; ` +
      "perhaps the closing one is missing here."
    : fieldCountHint(fields, layout.width);
  return `${start} ${hint}`;
}

function fieldCountHint(fields: readonly string[], wanted: number): string {
  const all = fields.join(",");
  if (all.includes("\r") && fields.some((field) => /\r[^\r]/.test(field))) {
    return "It contains old Macintosh line ends (CR alone), which do not end a row here. Save the " +
      "file with CRLF or LF line ends.";
  }
  for (const [name, separator] of [["semicolons", ";"], ["tabs", "\t"], ["bars", "|"]] as const) {
    if (wanted > 1 && all.includes(separator) && all.split(separator).length >= wanted) {
      return `It looks like ${name} stand between the values; commas are expected.`;
    }
  }
  if (fields.length < wanted) {
    return "A blank value still needs its comma, and a value with a line break in it must stand " +
      "between quotation marks.";
  }
  if (fields.slice(wanted).every((field) => field.trim() === "")) {
    const surplus = fields.length - wanted;
    return surplus === 1
      ? "There is a comma too many at its end: remove it, or delete the empty column."
      : `There are ${surplus} commas too many at its end: remove them, or delete the empty columns.`;
  }
  const name = splitName(fields);
  const example = name === undefined
    ? `A value with a comma in it must stand between quotation marks: "Smith, Jr.".`
    : `It looks like a name with a comma in it: write "${name}", with the quotation marks.`;
  return example;
}

/** The name that an unquoted comma has cut in two: its second half starts with a space. */
function splitName(fields: readonly string[]): string | undefined {
  const at = fields.findIndex((field, i) => i >= 3 && i <= 5 && /^ +\S/.test(field));
  if (at === -1 || fields[at - 1] === "") return undefined;
  return visible(`${fields[at - 1]!.trim()},${fields[at]}`, 60);
}

/** Points at the first value with bytes that could not be read. */
function unreadable(fields: readonly string[], layout: Layout): string {
  const at = fields.findIndex((field) => field.includes("\ufffd"));
  if (at === -1) return "";
  const value = shown(fields[at]!).replaceAll("\ufffd", "?");
  return ` (${columnAt(at, layout) ?? `value ${at + 1}`}: ${value})`;
}

/** The Username, unless it could not be read or the whole line was taken for one. */
function readableUsername(fields: readonly string[] = [], layout: Layout): string {
  const username = fields[layout.places[0]!]?.trim() ?? "";
  const isWholeLine = fields.length === 1 && /[;\t|\r]/.test(username);
  if (isWholeLine || username.includes("\ufffd") || username.length > 254) return "";
  return visible(username, 254);
}
