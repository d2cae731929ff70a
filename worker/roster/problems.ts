/**
 * What can be wrong with a roster: the closed list of codes, and a problem as it is stored and
 * reported (SPEC section 5).
 */
export type Severity = "error" | "warning" | "info";

/** One line of the report. */
export interface Problem {
  /**
   * The physical line the record starts on; the header is line 1. 0, on no line at all, is only the
   * summary's.
   */
  line: number;
  /** The row's Username as far as it could be read; empty otherwise. */
  username: string;
  /** The column's name, or empty when the whole record or file is meant. */
  column: string;
  severity: Severity;
  code: ProblemCode;
  /** What was found and what is expected. Never a value of another student, save the Username. */
  message: string;
}

/** Each code with its severity and its meaning for the table in docs/problems.md. */
export const problemCodes = {
  summary: { severity: "info", meaning: "the counts of the whole file" },
  discarded: {
    severity: "error",
    meaning: "the file stood still, and an administrator gave it up",
  },
  released: {
    severity: "info",
    meaning: "the file was held, and an administrator released it",
  },
  additions_only: {
    severity: "info",
    meaning: "a pause of the school was on, so only new students were added",
  },
  removals_withheld: {
    severity: "warning",
    meaning: "the file names not all students for certain, so it made nobody inactive",
  },
  would_be_held: {
    severity: "warning",
    meaning: "the file was only checked; sent to be applied it would be held by a limit",
  },

  // The whole file is rejected, and no row of it applied.
  header_missing: { severity: "error", meaning: "whole file: it is empty, there is no header row" },
  header_unreadable: {
    severity: "error",
    meaning: "whole file: a quotation mark is wrong in the header row, or the row is too long",
  },
  column_missing: {
    severity: "error",
    meaning: "whole file: the header row has fewer than nine columns, all of them named; where " +
      "columns are found by name, one that is required is not there",
  },
  column_repeated: {
    severity: "error",
    meaning: "whole file: columns are found by name, and two have a name of the same one",
  },
  too_many_columns: {
    severity: "error",
    meaning: "whole file: the header row has more than nine columns",
  },
  file_separator: {
    severity: "error",
    meaning: "whole file: semicolons, tabs or bars stand between the values, not commas",
  },
  file_line_ends: {
    severity: "error",
    meaning: "whole file: the lines end as on an old Macintosh (CR alone)",
  },
  file_utf16: { severity: "error", meaning: "whole file: it is UTF-16 or UTF-32, not UTF-8" },
  file_workbook: {
    severity: "error",
    meaning: "whole file: it is an Excel or other workbook with the name of a .csv or .zip",
  },
  file_not_csv: {
    severity: "error",
    meaning: "whole file: it is something else, such as a PDF, a ZIP archive or a web page",
  },
  archive_damaged: {
    severity: "error",
    meaning: "whole file: the .csv.gz or .zip is damaged, cut off, or not what its name says",
  },
  archive_encrypted: {
    severity: "error",
    meaning: "whole file: the file in the .zip is encrypted with a password",
  },
  archive_entries: {
    severity: "error",
    meaning: "whole file: there is no file in the .zip, or more than one",
  },
  archive_entry_name: {
    severity: "error",
    meaning:
      "whole file: the file in the .zip is not called .csv, or its name leads out of the .zip",
  },
  archive_method: {
    severity: "error",
    meaning: "whole file: the .zip is compressed in a way other than the usual one (deflate)",
  },
  archive_too_large: {
    severity: "error",
    meaning: "whole file: what the .csv.gz or .zip expands to is larger than allowed",
  },
  columns_out_of_order: {
    severity: "warning",
    meaning: "the header's well-known names stand in another order; rows are read by position",
  },

  first_row_student: {
    severity: "warning",
    meaning: "the first row, which is never read, looks like a student: the header row is missing",
  },

  // A record that cannot be read.
  quote_bare: {
    severity: "error",
    meaning: "a quotation mark inside a value that is not quoted, or text after a closing one",
  },
  quote_unclosed: {
    severity: "error",
    meaning: "a quotation mark opens a value and none closes it",
  },
  field_count: { severity: "error", meaning: "the row does not have nine values" },
  not_utf8: { severity: "error", meaning: "bytes in the row are not UTF-8" },
  nul_byte: { severity: "error", meaning: "a NUL byte in the row" },
  record_too_long: { severity: "error", meaning: "the line is longer than 64 KiB" },
  header_repeated: { severity: "error", meaning: "the row is the header row once more" },

  // A value, or several, of a row.
  username_missing: { severity: "error", meaning: "Username is blank" },
  username_email: { severity: "error", meaning: "Username is not an e-mail address" },
  username_domain: {
    severity: "error",
    meaning: "Username is an e-mail address of a domain that the school does not use",
  },
  username_repeated: {
    severity: "warning",
    meaning: "an earlier line of the file has the same Username; the later row wins",
  },
  student_id_format: {
    severity: "error",
    meaning: "StudentId is not letters and digits, or not of the school's own pattern",
  },
  student_id_taken: {
    severity: "error",
    meaning: "another student of the school has the StudentId",
  },
  telephone_format: {
    severity: "error",
    meaning: "Telephone is not a possible number in the school's country or with a country code",
  },
  dob_format: { severity: "error", meaning: "Dob is not written MM/DD/YYYY" },
  dob_impossible: {
    severity: "error",
    meaning: "Dob is no date of the calendar, such as 02/30/2005",
  },
  dob_future: { severity: "error", meaning: "Dob is in the future" },
  dob_too_early: { severity: "error", meaning: "Dob is before 1900" },
  pair_incomplete: {
    severity: "warning",
    meaning: "RequirementGroup without Term or Term without RequirementGroup; both are skipped",
  },
  placement_unknown: {
    severity: "error",
    meaning: "RequirementGroup and Term are not a pair on the school's list",
  },
  on_campus_missing: { severity: "error", meaning: "OnCampus is blank" },
  on_campus_format: { severity: "error", meaning: "OnCampus is neither 0 nor 1" },
  value_too_long: {
    severity: "error",
    meaning: "a value has more characters than its column takes",
  },
  control_character: {
    severity: "error",
    meaning: "a value has a line break, a tab or another control character in it",
  },
  invisible_character: {
    severity: "error",
    meaning: "Username has a character in it that cannot be seen, such as a zero-width space",
  },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export type ProblemCode = keyof typeof problemCodes;

/** A problem of the code's own severity. */
export function problem(
  where: { line: number; username?: string; column?: string },
  code: ProblemCode,
  message: string,
): Problem {
  const { line, username = "", column = "" } = where;
  return { line, username, column, severity: problemCodes[code].severity, code, message };
}
