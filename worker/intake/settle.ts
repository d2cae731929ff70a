/**
 * The end of a roster in which StudentIds collided: settles the rows that waited for it.
 *
 * Its memory is a hundred bytes or so for each row that waits, as their other values stay in the
 * database; only of students with several such rows the last state is held.
 */
import type { Client } from "@libsql/client";
import { loadWaiting, waitingRows } from "../database/school/deferred-rows.ts";
import { StudentIdCollision, writeSettled } from "../database/school/slice-writes.ts";
import { loadHolders, loadNames, type Standings, stored } from "../database/school/standings.ts";
import type { SettledRows, UploadProgress } from "../roster/changes.ts";
import { type Problem, problem } from "../roster/problems.ts";
import {
  countedBeyond,
  type Effect,
  giveTogether,
  type Student,
  takeEffect,
} from "../roster/student.ts";
import { settleClaims, type Settlement, type WaitingClaim } from "../roster/student-id-claims.ts";
import { visible } from "../roster/values/shown.ts";

/** What rows are settled against, and where what they come to is written. */
export interface Ground {
  standings: Standings;
  write(database: Client, settled: SettledRows): Promise<void>;
}

/** The students themselves. */
const applied: Ground = { standings: stored, write: writeSettled };

export interface SettleOptions {
  /** ISO 8601 UTC. */
  completedAt: string;
  pause(): Promise<void>;
  ground?: Ground;
}

/** Whoever gives StudentIds back meanwhile makes it settle anew; it gives up after so many times. */
const MOST_LOOKS = 10;

/**
 * Settles the rows that wait of an upload that is read to its end; which completes it, unless students
 * are to be made inactive.
 * @returns how many of them were rejected
 */
export async function settleWaiting(
  database: Client,
  upload: UploadProgress,
  options: SettleOptions,
): Promise<number> {
  for (let looks = 1;; looks++) {
    try {
      return await settleOnce(database, upload, options);
    } catch (error) {
      if (!(error instanceof StudentIdCollision) || looks === MOST_LOOKS) throw error;
    }
  }
}

async function settleOnce(
  database: Client,
  upload: UploadProgress,
  { completedAt, pause, ground = applied }: SettleOptions,
): Promise<number> {
  const { standings } = ground;
  const { claims, removed } = await loadWaiting(database, upload, standings);
  const others = await loadHolders(database, upload, wantedOfOthers(claims), standings);
  const { failed, severalRows } = await settleClaims(claims, others, pause);
  const failedLines = failed.map(({ claim }) => claim.line);
  await ground.write(database, {
    upload,
    completedAt,
    failedLines,
    problems: await takenProblems(database, upload, claims, failed, standings),
    mayAdd: claims.some(({ before }) => before === null),
    removed,
    severalRows,
    ...await takeTogether(database, upload, severalRows, new Set(failedLines), standings),
  });
  return failed.length;
}

/** StudentIds that rows want and none of their students has. */
function wantedOfOthers(claims: readonly WaitingClaim[]): Set<string> {
  const theirs = new Set(claims.map(({ before }) => before));
  return new Set(
    claims.flatMap(({ studentId }) => studentId === null || theirs.has(studentId) ? [] : studentId),
  );
}

/** What students with several rows come to: the rows take effect one after the other. */
async function takeTogether(
  database: Client,
  upload: UploadProgress,
  severalRows: readonly string[],
  failedLines: ReadonlySet<number>,
  { students }: Standings,
): Promise<Pick<SettledRows, "students" | "counted">> {
  const stored = new Map<string, Student>();
  /** What the rows themselves say, and so what is written. */
  const given = new Map<string, Student>();
  let effect: Effect | undefined;
  for await (const page of waitingRows(database, upload, severalRows, students)) {
    for (const [key, student] of page.stored) stored.set(key, student);
    const rows = page.rows.filter(({ line }) => !failedLines.has(line));
    effect = takeEffect(rows, stored, effect);
    giveTogether(rows, given);
  }
  const counted = effect ? countedBeyond(effect, stored) : { added: 0, updated: 0 };
  return { students: [...given.values()], counted };
}

/** A problem for each row that fails, which names who has its StudentId. */
async function takenProblems(
  database: Client,
  upload: UploadProgress,
  claims: readonly WaitingClaim[],
  failed: Settlement["failed"],
  standings: Standings,
): Promise<Problem[]> {
  if (failed.length === 0) return [];
  const keys = new Set(failed.map(({ holder }) => holder));
  const usernames = await loadNames(database, upload, keys, standings);
  for (const { usernameKey, username } of claims) {
    // Who is new with this file is called as in its first row.
    if (keys.has(usernameKey) && !usernames.has(usernameKey)) usernames.set(usernameKey, username);
  }
  return failed.map(({ claim, holder }) => takenProblem(claim, usernames.get(holder) ?? holder));
}

function takenProblem(claim: WaitingClaim, holder: string): Problem {
  return problem(
    { line: claim.line, username: claim.username, column: "StudentId" },
    "student_id_taken",
    `The StudentId of this row belongs to ${
      visible(holder, 254)
    }. Each StudentId may belong to one student only; the row was not applied.`,
  );
}
