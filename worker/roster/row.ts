/**
 * A row: nine values, checked by SPEC section 4 and put into the form they are stored in.
 */
import { type Column, COLUMNS, looksLikeHeader } from "./columns.ts";
import { readDob } from "./values/dob.ts";
import { controlCharacter, Fault, readText } from "./values/fault.ts";
import { nearPlacement, placementKey } from "./placements.ts";
import { type Problem, problem } from "./problems.ts";
import type { SchoolSettings } from "./settings.ts";
import { shown, visible } from "./values/shown.ts";
import { studentIdReader } from "./values/student-id.ts";
import { telephoneReader } from "./values/telephone.ts";
import { usernameKey, usernameReader } from "./values/username.ts";

/** What a row says of a student; `null` is blank, and leaves what is stored as it is. */
export interface Row {
  /** The physical line the row starts on. */
  line: number;
  /** The Username as it is compared. */
  usernameKey: string;
  username: string;
  studentId: string | null;
  lastName: string | null;
  firstName: string | null;
  /** E.164: `+12125550123`. */
  telephone: string | null;
  /** `YYYY-MM-DD`. */
  dob: string | null;
  /** Both or neither. */
  requirementGroup: string | null;
  term: string | null;
  onCampus: 0 | 1 | null;
}

export interface RowContext {
  /** The last day that is not in the future, `YYYY-MM-DD`. */
  today: string;
  /** The school's list of pairs, as {@link placementKey} writes them; undefined: any pair will do. */
  placements: ReadonlySet<string> | undefined;
}

/** A row with its warnings, or no row and all its problems, of which one at least is an error. */
export type RowReading =
  | { row: Row; problems: readonly Problem[] }
  | { row: undefined; problems: readonly Problem[] };

/** Reads the nine fields of the record that starts on a line. */
export type RowReader = (fields: readonly string[], line: number) => RowReading;

/** Names, groups and terms have at most so many characters. */
const TEXT_LIMIT = 200;

/** Makes the reader of a school's rows; what can be made once is made here. */
export function rowReader(settings: SchoolSettings, context: RowContext): RowReader {
  const { onCampusRequired } = settings;
  const { today, placements } = context;
  const readUsername = usernameReader(settings);
  const readStudentId = studentIdReader(settings.studentIdPattern);
  const readTelephone = telephoneReader(settings.country);

  return function readRow(fields, line) {
    const findings = new Findings();
    const username = findings.check("Username", readUsername(valueOf(fields, 0)));
    const studentId = valueOf(fields, 1);
    const lastName = valueOf(fields, 2);
    const firstName = valueOf(fields, 3);
    const telephone = valueOf(fields, 4);
    const dob = valueOf(fields, 5);
    // From the top of the report to its end, problems stand in the order of their columns.
    const row: Row = {
      line,
      usernameKey: username === null ? "" : usernameKey(username),
      username: username ?? "",
      studentId: studentId === "" ? null : findings.check("StudentId", readStudentId(studentId)),
      lastName: lastName === "" ? null : findings.check("LastName", readText(lastName, TEXT_LIMIT)),
      firstName: firstName === ""
        ? null
        : findings.check("FirstName", readText(firstName, TEXT_LIMIT)),
      telephone: telephone === "" ? null : findings.check("Telephone", readTelephone(telephone)),
      dob: dob === "" ? null : findings.check("Dob", readDob(dob, today)),
      requirementGroup: null,
      term: null,
      onCampus: null,
    };
    readPair(row, valueOf(fields, 6), valueOf(fields, 7), placements, findings);
    row.onCampus = findings.check("OnCampus", readOnCampus(valueOf(fields, 8), onCampusRequired));
    if (findings.found === undefined) return { row, problems: none };
    return readingOf(row, fields, findings.found);
  };
}

/** Nine blanks are as good as a blank line: spreadsheets leave such rows behind. */
export function isBlankRow(fields: readonly string[]): boolean {
  return fields.every((field) => field === "" || field.trim() === "");
}

const none: readonly Problem[] = [];

interface Finding {
  column: Column;
  fault: Fault;
}

/** Gathers what is wrong with the values of one row. */
class Findings {
  found: Finding[] | undefined;

  /** The value when it is right; null when it is not. */
  check<T>(column: Column, value: T | Fault): T | null {
    if (!(value instanceof Fault)) return value;
    (this.found ??= []).push({ column, fault: value });
    return null;
  }
}

function valueOf(fields: readonly string[], position: number): string {
  return (fields[position] ?? "").trim();
}

/** RequirementGroup and Term go together: one alone is skipped, both are looked up on the list. */
function readPair(
  row: Row,
  group: string,
  term: string,
  placements: ReadonlySet<string> | undefined,
  findings: Findings,
): void {
  if (group === "" && term === "") return;
  if (group === "" || term === "") {
    const [present, absent] = group === ""
      ? ["Term", "RequirementGroup"] as const
      : ["RequirementGroup", "Term"] as const;
    const message = `${present} is ${shown(group + term)} and ${absent} is blank. They go ` +
      `together, so both were skipped.`;
    findings.check(absent, new Fault("pair_incomplete", message));
    return;
  }
  row.requirementGroup = findings.check("RequirementGroup", readText(group, TEXT_LIMIT));
  row.term = findings.check("Term", readText(term, TEXT_LIMIT));
  if (row.requirementGroup === null || row.term === null || placements === undefined) return;
  if (placements.has(placementKey(group, term))) return;
  const near = nearPlacement(group, term, placements);
  const hint = near === undefined
    ? "The list is kept by the administrator of this service."
    : `On it is ${shown(near[0])} with ${shown(near[1])}.`;
  const message = `${shown(group)} with ${shown(term)} is not a pair on the school's list of ` +
    `RequirementGroups and Terms. ${hint} Letter case and spaces count.`;
  findings.check("RequirementGroup", new Fault("placement_unknown", message));
}

function readOnCampus(value: string, required: boolean): 0 | 1 | null | Fault {
  if (value === "0") return 0;
  if (value === "1") return 1;
  if (value !== "") {
    const message = `${shown(value)} is neither 0 (does not live on campus) nor 1 (does).${
      onCampusHint(value)
    }`;
    return new Fault("on_campus_format", message);
  }
  if (!required) return null;
  const message = "OnCampus is blank; every row needs 0 (does not live on campus) or 1 (does).";
  return new Fault("on_campus_missing", message);
}

/** What to write instead, where it can only mean one of the two. */
function onCampusHint(value: string): string {
  if (/^(?:true|yes|y|x|1\.0+|01|on)$/i.test(value)) return " Write 1.";
  if (/^(?:false|no|n|0\.0+|00|off)$/i.test(value)) return " Write 0.";
  return "";
}

function readingOf(row: Row, fields: readonly string[], found: readonly Finding[]): RowReading {
  const { line } = row;
  // The Username of the report is the row's own, right or wrong.
  const username = visible(valueOf(fields, 0), 254);
  const problemOf = ({ column, fault }: Finding) =>
    problem({ line, username, column }, fault.code, fault.message);
  const problems = found.map(problemOf);
  if (!problems.some(isError)) return { row, problems };
  if (looksLikeHeader(fields)) return { row: undefined, problems: [repeatedHeader(line)] };
  return { row: undefined, problems: onFirstLine(problems, fields, problemOf) };
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}

/**
 * Of a rejected record that goes over a line end inside a value, only what is wrong up to there: where
 * a quotation mark was forgotten, the lines below are another student's.
 */
function onFirstLine(
  problems: readonly Problem[],
  fields: readonly string[],
  problemOf: (finding: Finding) => Problem,
): readonly Problem[] {
  const crossing = COLUMNS.findIndex((_column, position) =>
    valueOf(fields, position).includes("\n")
  );
  const column = COLUMNS[crossing];
  if (column === undefined) return problems;
  const kept = problems.filter((problem) => COLUMNS.indexOf(problem.column as Column) <= crossing);
  return kept.some(isError)
    ? kept
    : [...kept, problemOf({ column, fault: controlCharacter(valueOf(fields, crossing)) })];
}

function repeatedHeader(line: number): Problem {
  const message = `This row is a header row again (${COLUMNS.join(",")}); a file has one, at its ` +
    `top. It was left out, and the rows after it were read.`;
  return problem({ line }, "header_repeated", message);
}
