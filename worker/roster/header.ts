/**
 * The header row: its words never matter, its shape does, unless the school's columns are found by
 * name (SPEC section 4).
 */
import {
  type CsvRecord,
  holdsRow,
  isMalformed,
  type MalformedRecord,
  scan,
} from "../../shared/csv/csv.ts";
import { columnPosition, COLUMNS } from "./columns.ts";
import { sniff } from "./file-kind.ts";
import { byPosition, type Layout } from "./layout.ts";
import { whatIsWrong } from "./malformed.ts";
import { findColumns } from "./named-columns.ts";
import { type Problem, problem } from "./problems.ts";
import { type SchoolSettings, storedSettings } from "./settings.ts";
import { visible } from "./values/shown.ts";

export type HeaderVerdict =
  | { verdict: "good"; layout: Layout; problem?: undefined }
  /** Rows are processed all the same; `problem` is a warning. */
  | { verdict: "warned"; layout: Layout; problem: Problem }
  /** No row of the file is applied; `problem` is the whole report. */
  | { verdict: "rejected"; problem: Problem };

/** How far the header row goes in the bytes it was looked for in. */
export interface HeaderEnd {
  /** The header row is in the bytes, whole; else they have blank lines only. */
  isWhole: boolean;
  /** Bytes that are done with: the header row and blank lines before it. */
  consumed: number;
  /** The physical line after them. */
  nextLine: number;
}

/**
 * What is to be said of a file before any row is read.
 * @param bytes the file's first slice, or the first after blank lines
 * @param whole no other one follows
 * @param line the physical line they start on
 * @param settings the school's
 * @returns no verdict when the bytes end before the header row does
 */
export function judgeFile(
  bytes: Uint8Array,
  whole: boolean,
  line = 1,
  settings: SchoolSettings = storedSettings("{}"),
): { verdict?: HeaderVerdict; end: HeaderEnd } {
  const problem = sniff(bytes);
  if (problem !== undefined) {
    const end = { isWhole: false, consumed: 0, nextLine: line };
    return { verdict: { verdict: "rejected", problem }, end };
  }
  const { records: [header], consumed, nextLine } = scan(bytes, {
    line,
    last: whole,
    maxRecords: 1,
  });
  const end = { isWhole: header !== undefined, consumed, nextLine };
  return header === undefined && !whole ? { end } : { verdict: judgeHeader(header, settings), end };
}

/** @param header the first record of the file; undefined when there is none */
function judgeHeader(
  header: CsvRecord | MalformedRecord | undefined,
  settings: SchoolSettings,
): HeaderVerdict {
  if (header === undefined) {
    const message = "The file is blank: it has no header row and no rows. No row was applied.";
    return rejected(1, "header_missing", message);
  }
  const { line } = header;
  const isByName = settings.columns === "header";
  // Bytes that are not text may be part of a word; where words do not matter, neither do they.
  const isReadable = !isMalformed(header) ||
    !isByName && (header.reason === "not_utf8" || header.reason === "nul_byte");
  if (!isReadable) {
    const message = `The header row cannot be read. ${whatIsWrong(header)} No row was applied.`;
    return rejected(line, "header_unreadable", message);
  }
  const words = (header.fields ?? []).map((word) => word.trim());
  const { length } = COLUMNS;
  const unclosed = words.findIndex((word) => holdsRow(word, isByName ? words.length : length));
  if (unclosed !== -1) {
    const message =
      `The header row cannot be read. A quotation mark opens column ${unclosed + 1} ` +
      "in it and none closes it before the rows begin. No row was applied.";
    return rejected(line, "header_unreadable", message);
  }
  if (isByName) return judgeNames(words, line, settings);
  if (words.length > length) return rejected(line, "too_many_columns", tooMany(words));
  if (words.length < length) {
    const isAbbreviated = words.includes("");
    return isAbbreviated ? good : rejected(line, "column_missing", missing(words));
  }
  if (looksLikeStudent(words)) {
    const message = `The first row looks like a student (${visible(words[0]!, 254)}). The first ` +
      "row of a file is the header row and never read. If it is a student, put a header row above " +
      "it and send the file again.";
    const where = { line, username: visible(words[0]!, 254) };
    return warned(problem(where, "first_row_student", message));
  }
  const misplaced = misplacedWords(words);
  if (misplaced.length < 2) return good;
  const message = `The columns look out of order: ${misplaced.join("; ")}. They were read by ` +
    `position, as ${COLUMNS.join(",")}, whatever the header row calls them.`;
  return warned(problem({ line }, "columns_out_of_order", message));
}

const good: HeaderVerdict = { verdict: "good", layout: byPosition };

function warned(problem: Problem): HeaderVerdict {
  return { verdict: "warned", layout: byPosition, problem };
}

function judgeNames(
  words: readonly string[],
  line: number,
  settings: SchoolSettings,
): HeaderVerdict {
  const found = findColumns(words, line, settings);
  if (found.layout === undefined) return { verdict: "rejected", problem: found.problem };
  const { layout, warning } = found;
  return warning === undefined
    ? { verdict: "good", layout }
    : { verdict: "warned", layout, problem: warning };
}

function rejected(
  line: number,
  code: "header_missing" | "header_unreadable" | "too_many_columns" | "column_missing",
  message: string,
): HeaderVerdict {
  return { verdict: "rejected", problem: problem({ line }, code, message) };
}

/** An e-mail address first, 0 or 1 last: no header row has that. */
function looksLikeStudent(words: readonly string[]): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(words[0]!) && /^[01]$/.test(words.at(-1)!);
}

/** `Email is in column 2, where StudentId belongs` for each well-known name at another's place. */
function misplacedWords(words: readonly string[]): string[] {
  return words.flatMap((word, i) => {
    const position = columnPosition(word);
    return position === undefined || position === i
      ? []
      : [`${visible(word, 40)} is in column ${i + 1}, where ${COLUMNS[i]} belongs`];
  });
}

function tooMany(words: readonly string[]): string {
  const { length } = COLUMNS;
  const surplus = words.length - length;
  const allBlank = words.slice(length).every((word) => word === "");
  const empty = surplus === 1
    ? " The last one is empty: delete it."
    : ` The last ${surplus} are empty: delete them.`;
  const hint = allBlank
    ? empty
    : ` After the ninth: ${visible(words.slice(length).join(","), 120)}.`;
  return `The header row has ${words.length} columns; exactly ${length} are expected: ` +
    `${COLUMNS.join(",")}.${hint} No row was applied.`;
}

function missing(words: readonly string[]): string {
  const found = new Set(words.map(columnPosition));
  const absent = COLUMNS.filter((_column, position) => !found.has(position));
  // Only when every word is a well-known one is it certain what is not there.
  const hint = absent.length === COLUMNS.length - words.length
    ? ` Missing: ${absent.join(", ")}.`
    : "";
  const count = words.length === 1 ? "1 column" : `${words.length} columns`;
  return `The header row has ${count} (${visible(words.join(","), 120)}); exactly ` +
    `${COLUMNS.length} are expected: ${COLUMNS.join(",")}.${hint} No row was applied.`;
}
