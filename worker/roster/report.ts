/**
 * The report, `*.completed`: RFC 4180, CRLF, one line per problem (SPEC section 5).
 */
import { writeRecord } from "../../shared/csv/csv.ts";
import { type Problem, problem } from "./problems.ts";

export const reportHeader: string = writeRecord([
  "Line",
  "Username",
  "Column",
  "Severity",
  "Code",
  "Message",
]);

/** A problem as a line of the report. The summary, which is on no line, has a blank Line. */
export function problemLine(problem: Problem): string {
  const { line, username, column, severity, code, message } = problem;
  const cells = [line === 0 ? "" : String(line), username, column, severity, code, message];
  return writeRecord(cells.map(harmless));
}

/** A cell that a spreadsheet would run as a formula gets an apostrophe before it. */
function harmless(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

/** How many rows of a file came to what. `read` are the rows that were processed. */
export interface RowCounts {
  read: number;
  added: number;
  updated: number;
  unchanged: number;
  rejected: number;
  warnings: number;
  /** Rows beyond the school's row limit. */
  unprocessed: number;
}

/** The report's first line. */
export function summary(counts: RowCounts): Problem {
  const { read, added, updated, unchanged, rejected, warnings, unprocessed } = counts;
  const message = `${counted(read, "row")}: ${added} added, ${updated} updated, ` +
    `${unchanged} unchanged, ${rejected} rejected, ${counted(warnings, "warning")}`;
  return problem({ line: 0 }, "summary", message + remark(read, unprocessed));
}

function remark(read: number, unprocessed: number): string {
  if (unprocessed > 0) {
    const were = unprocessed === 1 ? "1 more row was" : `${unprocessed} more rows were`;
    return `. ${were} not processed: the school's limit is ${counted(read, "row")} in one file. ` +
      "Send the rest in another file.";
  }
  return read === 0 ? ". There is nothing below the header row, so there was nothing to do." : "";
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
