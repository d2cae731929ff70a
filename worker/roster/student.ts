/**
 * A student as rosters tell of one, and what a row makes of it.
 */
import type { Row } from "./row.ts";

/** What is stored of a student; `null` is blank. */
export type Student = Omit<Row, "line">;

/** The columns that may be blank, and so leave what is stored. */
export const optionalValues = [
  "studentId",
  "lastName",
  "firstName",
  "telephone",
  "dob",
  "requirementGroup",
  "term",
  "onCampus",
] as const;

/** The student after the row: a blank value leaves what is stored. */
export function studentAfter(before: Student | undefined, { line: _, ...given }: Row): Student {
  if (!before) return given;
  const after: Student = { ...before };
  for (const value of optionalValues) {
    if (given[value] !== null) Object.assign(after, { [value]: given[value] });
  }
  return after;
}

/**
 * What rows give their students, of each the last value that is not blank: only that is written, so what
 * somebody else puts back meanwhile stays where no row says otherwise.
 */
export function givenTogether(rows: Iterable<Row>): Student[] {
  const given = new Map<string, Student>();
  for (const row of rows) {
    given.set(row.usernameKey, studentAfter(given.get(row.usernameKey), row));
  }
  return [...given.values()];
}

/** Is anything different but the letter case of the Username? */
export function differs(a: Student, b: Student): boolean {
  return optionalValues.some((value) => a[value] !== b[value]);
}

/** How many rows came to what. */
export interface Outcomes {
  added: number;
  updated: number;
  unchanged: number;
}

/** Counts what one row made of a student. */
export function countOutcome(
  before: Student | undefined,
  after: Student,
  outcomes: Outcomes,
): void {
  if (!before) outcomes.added++;
  else if (differs(before, after)) outcomes.updated++;
  else outcomes.unchanged++;
}
