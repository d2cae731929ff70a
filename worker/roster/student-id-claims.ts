/**
 * Who may have which StudentId. Rows take effect in the order of the file. A row that wants an id
 * someone else has is postponed to the end of the file, with the later rows of its student, as a
 * later row may free the id: two students may swap theirs. What cannot be had in the end fails.
 *
 * Since rows are taken one by one here, it never matters how a file was cut into slices.
 */
import type { Row } from "./row.ts";
import { countOutcome, type Outcomes, type Student, studentAfter } from "./student.ts";

/** Who has a StudentId. */
export type Holder = Pick<Student, "usernameKey" | "username">;

/** The students that rows are about, by Username key, and who has the StudentIds they want. */
export interface Roll {
  students: Map<string, Student>;
  holders: Map<string, Holder>;
}

/** Rows that wait for the end of the file: their students and the ids they want. */
export interface Waiting {
  usernames: Set<string>;
  studentIds: Set<string>;
}

export function waitingOf(rows: readonly Row[]): Waiting {
  const waiting: Waiting = { usernames: new Set(), studentIds: new Set() };
  for (const row of rows) postpone(row, waiting);
  return waiting;
}

function postpone({ usernameKey, studentId }: Row, waiting: Waiting): void {
  waiting.usernames.add(usernameKey);
  if (studentId !== null) waiting.studentIds.add(studentId);
}

/** Applies rows to the roll in their order; returns those that have to wait. */
export function applyInOrder(
  rows: readonly Row[],
  roll: Roll,
  waiting: Waiting,
  outcomes: Outcomes,
): Row[] {
  const { students, holders } = roll;
  const postponed: Row[] = [];
  for (const row of rows) {
    const { usernameKey: key, studentId: id } = row;
    const before = students.get(key);
    const isNewId = id !== null && id !== before?.studentId;
    const isTaken = isNewId && (holders.has(id) || waiting.studentIds.has(id));
    if (isTaken || waiting.usernames.has(key)) {
      postpone(row, waiting);
      postponed.push(row);
      continue;
    }
    const after = studentAfter(before, row);
    if (isNewId) {
      if (before?.studentId) holders.delete(before.studentId);
      holders.set(id, after);
    }
    countOutcome(before, after, outcomes);
    students.set(key, after);
  }
  return postponed;
}

/** One student's postponed rows and what they come to. */
interface Candidate {
  before: Student | undefined;
  rows: Row[];
  after: Student | undefined;
  /** The row that the StudentId in `after` comes from; `undefined`: the student had it before. */
  owner: Row | undefined;
}

/**
 * The end of the file: applies the postponed rows to the roll, all at once, as far as each StudentId
 * ends up with one student. Returns the rows that fail, with who is in the way.
 */
export function applyPostponed(
  rows: readonly Row[],
  roll: Roll,
  outcomes: Outcomes,
): { row: Row; holder: Holder }[] {
  const candidates = new Map<string, Candidate>();
  for (const row of rows) {
    const candidate = candidates.get(row.usernameKey);
    if (candidate) candidate.rows.push(row);
    else {
      const before = roll.students.get(row.usernameKey);
      candidates.set(row.usernameKey, { before, rows: [row], after: before, owner: undefined });
    }
  }

  // Each StudentId with the candidates who would have it; one that several want is open.
  const claims = new Map<string, Set<Candidate>>();
  const open: string[] = [];
  const claim = (candidate: Candidate) => {
    fold(candidate);
    const id = candidate.after?.studentId;
    if (!id) return;
    claims.set(id, (claims.get(id) ?? new Set()).add(candidate));
    open.push(id);
  };
  for (const candidate of candidates.values()) claim(candidate);

  // A row that loses its id leaves its student with another one, which may be wanted as well.
  const failed: { row: Row; holder: Holder }[] = [];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const claimants = claims.get(id)!;
    const holder = roll.holders.get(id);
    const outsider = holder && !candidates.has(holder.usernameKey) ? holder : undefined;
    const winner = outsider ?? firstOf(claimants)?.after;
    for (const loser of [...claimants]) {
      if (loser.after === winner || !loser.owner) continue;
      claimants.delete(loser);
      failed.push({ row: loser.owner, holder: winner! });
      loser.rows = loser.rows.filter((row) => row !== loser.owner);
      claim(loser);
    }
  }

  for (const [key, { before, rows, after }] of candidates) {
    let student = before;
    for (const row of rows) {
      const next = studentAfter(student, row);
      countOutcome(student, next, outcomes);
      student = next;
    }
    if (after) roll.students.set(key, after);
  }
  return failed.sort((a, b) => a.row.line - b.row.line);
}

/** Who keeps an id that several want: whoever had it before, else the first row in the file. */
function firstOf(claimants: ReadonlySet<Candidate>): Candidate | undefined {
  let first: Candidate | undefined;
  for (const candidate of claimants) {
    if (!candidate.owner) return candidate;
    if (!first || candidate.owner.line < first.owner!.line) first = candidate;
  }
  return first;
}

/** Applies a student's rows one after the other to what was before. */
function fold(candidate: Candidate): void {
  const { before, rows } = candidate;
  candidate.after = before;
  candidate.owner = undefined;
  for (const row of rows) {
    // A row that repeats the id its student has by now claims nothing.
    if (row.studentId !== null && row.studentId !== candidate.after?.studentId) {
      candidate.owner = row.studentId === before?.studentId ? undefined : row;
    }
    candidate.after = studentAfter(candidate.after, row);
  }
}
