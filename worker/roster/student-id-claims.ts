/**
 * Who may have which StudentId. Rows take effect in the order of the file. A row that wants an id
 * someone else has waits for the end of the file, with the later rows of its student, as a later row
 * may free the id: two students may swap theirs. What cannot be had in the end fails.
 *
 * Since rows are taken one by one here, it never matters how a file was cut into slices.
 */
import type { Row } from "./row.ts";

/** The StudentIds of those that rows are about, and which of those that rows want are somebody's. */
export interface Roll {
  /** By Username key. */
  studentIds: Map<string, string | null>;
  held: Set<string>;
}

/** The Usernames and StudentIds of rows that wait for the end of the file. */
export interface Waiting {
  usernames: Set<string>;
  studentIds: Set<string>;
}

/** Takes rows in their order; returns those that have to wait. The others take effect. */
export function postponed(
  rows: readonly Row[],
  { studentIds, held }: Roll,
  waiting: Waiting,
): Set<Row> {
  const postponed = new Set<Row>();
  for (const row of rows) {
    const { usernameKey: key, studentId: id } = row;
    const before = studentIds.get(key) ?? null;
    const isNewId = id !== null && id !== before;
    const isTaken = isNewId && (held.has(id) || waiting.studentIds.has(id));
    if (isTaken || waiting.usernames.has(key)) {
      waiting.usernames.add(key);
      if (id !== null) waiting.studentIds.add(id);
      postponed.add(row);
    } else if (isNewId) {
      if (before !== null) held.delete(before);
      held.add(id);
      studentIds.set(key, id);
    }
  }
  return postponed;
}

/** What a row that waits wants, without its other values: those stay where they are stored. */
export interface WaitingClaim {
  /** The physical line of the row. */
  line: number;
  usernameKey: string;
  username: string;
  studentId: string | null;
  /** The StudentId that its student has. */
  before: string | null;
}

/** What is settled at the end of the file. */
export interface Settlement {
  /** Rows that cannot have their StudentId, in the order of the file, with the key of who has it. */
  failed: { claim: WaitingClaim; holder: string }[];
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
interface Claimant {
  usernameKey: string;
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
 * @param others Username keys of students without such rows, by the StudentIds of theirs that are wanted
 * @param pause lets others have their turn
 */
export async function settleClaims(
  claims: readonly WaitingClaim[],
  others: ReadonlyMap<string, string>,
  pause: () => Promise<void>,
): Promise<Settlement> {
  const claimants = claimantsOf(claims);
  /** Who has an id so far. */
  const kept = new Map<string, Claimant>();
  const failures: Run[] = [];
  let steps = 0;
  for (const first of claimants.values()) {
    for (let claimant: Claimant | undefined = first; claimant !== undefined;) {
      if (++steps % STEPS === 0) await pause();
      const run = claimant.runs.at(-1);
      if (run === undefined) break;
      const isOutside = others.has(run.id);
      const rival = kept.get(run.id);
      if (!isOutside && (rival === undefined || run.line < rival.runs.at(-1)!.line)) {
        kept.set(run.id, claimant);
        claimant = rival;
        if (claimant === undefined) break;
      }
      // Whoever did not get it, or no longer has it, goes on with what the rows before say.
      const lost: Run = claimant.runs.pop()!;
      claimant.rows -= lost.claims.length;
      failures.push(lost);
    }
  }
  const failed = failures.flatMap(({ claims, id }) => {
    const owner = kept.get(id);
    const [first] = claims;
    // A StudentId that its student had before and no row names: no row fails.
    if (first === undefined) return [];
    if (owner?.usernameKey !== first.usernameKey) {
      const holder = owner?.usernameKey ?? others.get(id)!;
      return claims.map((claim) => ({ claim, holder }));
    }
    // An earlier row of the same student has it in the end, and these only say so again.
    owner.rows += claims.length;
    return [];
  });
  failed.sort((a, b) => a.claim.line - b.claim.line);
  const several = [...claimants.values()].filter(({ rows }) => rows > 1);
  return { failed, severalRows: several.map(({ usernameKey }) => usernameKey) };
}

function claimantsOf(claims: readonly WaitingClaim[]): Map<string, Claimant> {
  const claimants = new Map<string, Claimant>();
  for (const claim of claims) {
    const { usernameKey, studentId, before } = claim;
    let claimant = claimants.get(usernameKey);
    if (claimant === undefined) {
      const runs: Run[] = [];
      if (before !== null) {
        runs.push({ id: before, line: HAD_BEFORE, claims: [] });
      }
      claimant = { usernameKey, before, runs, rows: 0 };
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
