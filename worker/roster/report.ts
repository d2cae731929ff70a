/**
 * The report, `*.completed`: RFC 4180, CRLF, one line per problem (SPEC section 5).
 */
import { writeRecord } from "../../shared/csv/write.ts";
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

/**
 * A cell that a spreadsheet would run as a formula gets an apostrophe before it; some take the
 * full-width signs of Chinese and Japanese keyboards for one too.
 */
function harmless(cell: string): string {
  return /^[=+\-@\t\r＝＋－＠]/.test(cell) ? `'${cell}` : cell;
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
  /** Problems that are counted and not listed, as there are too many; absent: all are listed. */
  unlisted?: number;
  /** Students who became inactive, as the file does not name them; absent: none. */
  left?: number;
  /** Students who became active again; absent: none. */
  returned?: number;
}

/** The report's first line. @param checkOnly nothing was applied: it is what the file would do */
export function summary(counts: RowCounts, checkOnly = false): Problem {
  const { read, added, updated, unchanged, rejected, warnings, left = 0, returned = 0 } = counts;
  const message = `${checkOnly ? "Check only: " : ""}${counted(read, "row")}: ` +
    `${added} added, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected, ` +
    (left > 0 ? `${left} left, ` : "") + (returned > 0 ? `${returned} returned, ` : "") +
    counted(warnings, "warning");
  const nothing = checkOnly && read > 0 ? ". Nothing was applied" : "";
  return problem({ line: 0 }, "summary", message + nothing + remark(counts));
}

function remark({ read, unprocessed, unlisted = 0 }: RowCounts): string {
  if (read === 0 && unprocessed === 0) {
    return ". There is nothing below the header row, so there was nothing to do.";
  }
  const sentences: string[] = [];
  if (unprocessed > 0) {
    const were = unprocessed === 1 ? "1 more row was" : `${unprocessed} more rows were`;
    sentences.push(
      `${were} not processed: the school's limit is ${counted(read, "row")} in one file.`,
      "Send the rest in another file.",
    );
  }
  if (unlisted > 0) {
    const more = unlisted === 1 ? "1 more problem is" : `${unlisted} more problems are`;
    sentences.push(`${more} counted and not listed here.`);
  }
  return sentences.map((sentence) => ` ${sentence}`).join("").replace(/^ /, ". ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
