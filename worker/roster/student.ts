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
export function giveTogether(
  rows: Iterable<Row>,
  given: Map<string, Student> = new Map(),
): Map<string, Student> {
  for (const row of rows) {
    given.set(row.usernameKey, studentAfter(given.get(row.usernameKey), row));
  }
  return given;
}

/** Is anything different but the letter case of the Username? */
export function differs(a: Student, b: Student): boolean {
  return optionalValues.some((value) => a[value] !== b[value]);
}

/** How many rows added or changed a student; the others left one as he was. */
interface Outcomes {
  added: number;
  updated: number;
}

/** What rows make of students, and how many of the rows came to what. */
export interface Effect {
  after: Map<string, Student>;
  outcomes: Outcomes;
}

/** Rows take effect one after the other. @param effect of the rows before */
export function takeEffect(
  rows: Iterable<Row>,
  stored: ReadonlyMap<string, Student>,
  effect: Effect = { after: new Map(), outcomes: { added: 0, updated: 0 } },
): Effect {
  const { after, outcomes } = effect;
  for (const row of rows) {
    const key = row.usernameKey;
    const before = after.get(key) ?? stored.get(key);
    const student = studentAfter(before, row);
    after.set(key, student);
    countOutcome(before, student, outcomes);
  }
  return effect;
}

/** What of the outcomes is beyond each student that was added or came to be another: those are counted by the database. */
export function countedBeyond(
  { after, outcomes: { added, updated } }: Effect,
  stored: ReadonlyMap<string, Student>,
): { added: number; updated: number } {
  for (const [key, student] of after) {
    const before = stored.get(key);
    if (!before) added--;
    else if (differs(before, student)) updated--;
  }
  return { added, updated };
}

/** Counts what one row made of a student. */
function countOutcome(
  before: Student | undefined,
  after: Student,
  outcomes: Outcomes,
): void {
  if (!before) outcomes.added++;
  else if (differs(before, after)) outcomes.updated++;
}
