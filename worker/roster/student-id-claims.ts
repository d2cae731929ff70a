/**
 * Who may have which StudentId. Rows take effect in the order of the file. A row that wants an id
 * someone else has waits for the end of the file, with the later rows of its student, as a later row
 * may free the id: two students may swap theirs. What cannot be had in the end fails.
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

/** The Usernames and StudentIds of rows that wait for the end of the file. */
export interface Waiting {
  usernames: Set<string>;
  studentIds: Set<string>;
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
      waiting.usernames.add(key);
      if (id !== null) waiting.studentIds.add(id);
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

/** What a row that waits wants, without its other values: those stay where they are stored. */
export interface WaitingClaim extends Holder {
  /** The physical line of the row. */
  line: number;
  studentId: string | null;
}

/** What is settled at the end of the file. */
export interface Settlement {
  /** Rows that cannot have their StudentId, in the order of the file, with the one who has it. */
  failed: { claim: WaitingClaim; holder: Holder }[];
  /** Students who let their StudentId go: another row gives them a new one. */
  releases: string[];
  /** Students with several rows that hold, which take effect one after the other. */
  severalRows: string[];
}

/** Rows one after the other that want one StudentId for their student: they hold or fail together. */
interface Run {
  id: string;
  /** The line that decides between students; before any line for the id a student had before. */
  line: number;
  claims: WaitingClaim[];
}

/** A student whose rows wait: what they want in the order of the file, so the last counts. */
interface Claimant extends Holder {
  before: string | null;
  runs: Run[];
  rows: number;
}

const HAD_BEFORE = -1;
/** So many steps are taken before others get their turn. */
const STEPS = 2000;

/**
 * The end of the file: settles all rows that wait at once, so that each StudentId ends up with one
 * student. Whoever keeps the id he had before comes first, then the first row of the file. A row that
 * fails leaves its student with what the rows before it say, which may displace another: each row
 * fails at most once, so the work is proportional to the rows.
 *
 * (A student proposes to the ids his rows name, from the last to the first, and each id keeps the best
 * that proposes: what comes out is the same in whatever order they do; Gale and Shapley 1962, McVitie
 * and Wilson 1971.)
 *
 * @param claims the rows that wait, in the order of the file
 * @param before what is stored of their students, by Username key
 * @param holders who has the StudentIds they want
 * @param pause lets others have their turn
 */
export async function settleClaims(
  claims: readonly WaitingClaim[],
  before: ReadonlyMap<string, Pick<Student, "username" | "studentId">>,
  holders: ReadonlyMap<string, Holder>,
  pause: () => Promise<void>,
): Promise<Settlement> {
  const claimants = claimantsOf(claims, before);
  /** Who has an id so far. */
  const kept = new Map<string, Claimant>();
  const failures: { claims: WaitingClaim[]; id: string }[] = [];
  let steps = 0;
  for (const first of claimants.values()) {
    for (let claimant: Claimant | undefined = first; claimant !== undefined;) {
      if (++steps % STEPS === 0) await pause();
      const run = claimant.runs.at(-1);
      if (run === undefined) break;
      const holder = holders.get(run.id);
      const isOutside = holder !== undefined && !claimants.has(holder.usernameKey);
      const rival = kept.get(run.id);
      if (!isOutside && (rival === undefined || run.line < rival.runs.at(-1)!.line)) {
        kept.set(run.id, claimant);
        claimant = rival;
        if (claimant === undefined) break;
      }
      // Whoever did not get it, or no longer has it, goes on with what the rows before say.
      const lost: Run = claimant.runs.pop()!;
      claimant.rows -= lost.claims.length;
      failures.push({ claims: lost.claims, id: lost.id });
    }
  }
  const failed = failures.flatMap(({ claims, id }) => {
    const owner = kept.get(id);
    const [{ usernameKey }] = claims as [WaitingClaim];
    if (owner?.usernameKey !== usernameKey) {
      const holder: Holder = owner ?? holders.get(id)!;
      return claims.map((claim) => ({ claim, holder }));
    }
    // An earlier row of the same student has it in the end, and these only say so again.
    owner.rows += claims.length;
    return [];
  });
  failed.sort((a, b) => a.claim.line - b.claim.line);
  const all = [...claimants.values()];
  return {
    failed,
    releases: all.filter(({ before, runs }) => before !== null && runs.at(-1)?.id !== before)
      .map(({ usernameKey }) => usernameKey),
    severalRows: all.filter(({ rows }) => rows > 1).map(({ usernameKey }) => usernameKey),
  };
}

function claimantsOf(
  claims: readonly WaitingClaim[],
  before: ReadonlyMap<string, Pick<Student, "username" | "studentId">>,
): Map<string, Claimant> {
  const claimants = new Map<string, Claimant>();
  for (const claim of claims) {
    const { usernameKey, username, studentId } = claim;
    let claimant = claimants.get(usernameKey);
    if (claimant === undefined) {
      const stored = before.get(usernameKey);
      const had = stored?.studentId ?? null;
      const runs = had === null ? [] : [{ id: had, line: HAD_BEFORE, claims: [] }];
      const name = stored?.username ?? username;
      claimant = { usernameKey, username: name, before: had, runs, rows: 0 };
      claimants.set(usernameKey, claimant);
    }
    claimant.rows++;
    if (studentId === null) continue;
    const last = claimant.runs.at(-1);
    if (last?.id === studentId) {
      last.claims.push(claim);
    } else {
      const line = studentId === claimant.before ? HAD_BEFORE : claim.line;
      claimant.runs.push({ id: studentId, line, claims: [claim] });
    }
  }
  return claimants;
}
