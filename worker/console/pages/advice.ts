import type { ProblemCode } from "../../roster/problems.ts";

/** What to do about each problem, in words for who has to call the registrar. */
const advice: Record<Exclude<ProblemCode, "summary">, string> = {
  discarded: "Nothing; somebody gave this file up. Its reason stands in the report.",
  released: "Nothing to do.",
  additions_only: "Nothing to do now: send the whole roster again when the pause is over.",
  removals_withheld: "Correct the file so that it names all students, and send it again.",
  would_be_held: "Look whether the change is meant; an administrator can release the file.",
  archive_damaged: "Pack the file anew and send it again, or send it unpacked.",
  archive_encrypted: "Pack the file without a password; it is encrypted on its way anyway.",
  archive_entries: "Put exactly one file into the .zip.",
  archive_entry_name: "Let the file in the .zip be called .csv.",
  archive_method: "Pack the file with the usual compression.",
  archive_too_large: "Send the file in several parts.",
  header_missing: "Send the file with its header row and its rows.",
  header_unreadable: "Look at the quotation marks in the first row.",
  column_missing: "Add the missing column; all nine are needed, empty ones too.",
  column_repeated: "Remove one of the two columns, or give it another name.",
  too_many_columns: "Remove the columns after OnCampus.",
  file_separator: "Save the file as CSV with commas.",
  file_line_ends: "Save the file with Windows or Unix line ends.",
  file_utf16: 'Save the file as "CSV UTF-8".',
  file_workbook: "Save the workbook's sheet as CSV; renaming it is not enough.",
  file_not_csv: "Send a CSV file; this is something else.",
  columns_out_of_order:
    "Put the columns in the order of the template, or let the school's columns be found by header.",
  first_row_student: "Put a header row first: the first row is never read.",
  quote_bare: "Double the quotation mark inside the value, and quote the value.",
  quote_unclosed: "Close the quotation mark on this line.",
  field_count: "Make it nine values; quote a value that has a comma in it.",
  not_utf8: 'Save the file as "CSV UTF-8".',
  nul_byte: "Export the file anew; this line is damaged.",
  record_too_long: "Look for a quotation mark that is never closed, or a line without an end.",
  header_repeated: "Remove the second header row; two files were joined.",
  username_missing: "Give the student a Username.",
  username_email: "Write an e-mail address, or let the school's Usernames be any text.",
  username_domain: "Correct the address, or add its domain to the school's settings.",
  username_repeated: "Keep one row for each Username.",
  student_id_format: "Correct the StudentId, or set the school's pattern.",
  student_id_taken: "Find out which of the two students has this StudentId.",
  telephone_format: "Correct the number, or write it with its country code.",
  dob_format: "Write the date as MM/DD/YYYY.",
  dob_impossible: "Correct the date: the calendar has no such day.",
  dob_future: "Correct the date: it is still to come.",
  dob_too_early: "Correct the year.",
  pair_incomplete: "Give both RequirementGroup and Term, or neither.",
  placement_unknown: "Correct the pair, or add it to the school's placements.",
  on_campus_missing: "Write 0 or 1.",
  on_campus_format: "Write 0 or 1, not yes or no.",
  value_too_long: "Shorten the value.",
  control_character: "Remove the line break or tab from the value.",
  invisible_character: "Type the Username anew; something invisible was copied with it.",
};

export function adviceFor(code: string): string {
  return (advice as Record<string, string>)[code] ??
    "Look at the message; the line has to be corrected and sent again.";
}
