/** A packed file that the bridge could not expand, in the report's words. */
import { type Problem, problem, type ProblemCode } from "./problems.ts";
import { SAVE_AS } from "./file-kind.ts";
import { visible } from "./values/shown.ts";

const codes: Record<string, ProblemCode> = {
  damaged: "archive_damaged",
  document: "file_not_csv",
  encrypted: "archive_encrypted",
  entries: "archive_entries",
  entry_name: "archive_entry_name",
  method: "archive_method",
  too_large: "archive_too_large",
  workbook: "file_workbook",
};

const expected = "Send the roster as a .csv file, as a .csv.gz made with gzip, or as a .zip with " +
  "that one .csv file in it.";

/** What Excel, LibreOffice and Numbers call it. */
const saveAs = `${SAVE_AS} (in LibreOffice "Text CSV", in Numbers "Export To", "CSV").`;

/**
 * The problem the file is rejected whole for.
 * @param code the bridge's word; one of a newer bridge counts as damaged
 * @param message what the bridge found, a sentence
 */
export function archiveProblem({ code, message }: { code: string; message: string }): Problem {
  const known = Object.hasOwn(codes, code) ? codes[code]! : "archive_damaged";
  const instead = known === "file_workbook" ? saveAs : expected;
  return problem({ line: 1 }, known, `${visible(message, 300)} ${instead} No row was applied.`);
}
