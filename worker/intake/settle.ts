/**
 * The end of a roster in which StudentIds collided: settles the rows that waited for it.
 *
 * Its memory is a hundred bytes or so for each row that waits, as their other values stay in the
 * database; only of students with several such rows the last state is held.
 */
import type { Client } from "@libsql/client";
import { loadWaiting, type Standings, waitingRows } from "../database/school/deferred-rows.ts";
import { StudentIdCollision, writeSettled } from "../database/school/slice-writes.ts";
import type { SettledRows, UploadProgress } from "../roster/changes.ts";
import { type Problem, problem } from "../roster/problems.ts";
import { countOutcome, differs, type Student, studentAfter } from "../roster/student.ts";
import { settleClaims, type Settlement } from "../roster/student-id-claims.ts";
import { visible } from "../roster/values/shown.ts";

/** What rows are settled against, and where what they come to is written. */
export interface Ground {
  /** Who has which StudentId, and the students with some keys. */
  standings?: Standings;
  students?: string;
  write(database: Client, settled: SettledRows): Promise<void>;
}

/** The students themselves. */
const applied: Ground = { write: writeSettled };

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
  const { claims, before, holders } = await loadWaiting(database, upload, ground.standings);
  const settlement = await settleClaims(claims, before, holders, pause);
  const together = await takeTogether(database, upload, settlement, ground);
  await ground.write(database, {
    upload,
    completedAt,
    failedLines: settlement.failed.map(({ claim }) => claim.line),
    problems: settlement.failed.map(takenProblem),
    releases: settlement.releases,
    severalRows: settlement.severalRows,
    ...together,
  });
  return settlement.failed.length;
}

/** What students with several rows come to: the rows take effect one after the other. */
async function takeTogether(
  database: Client,
  upload: UploadProgress,
  { severalRows, failed }: Settlement,
  ground: Ground,
): Promise<Pick<SettledRows, "students" | "counted">> {
  const failedLines = new Set(failed.map(({ claim }) => claim.line));
  const stored = new Map<string, Student>();
  const after = new Map<string, Student>();
  /** What the rows themselves say, and so what is written. */
  const given = new Map<string, Student>();
  const outcomes = { added: 0, updated: 0, unchanged: 0 };
  for await (const page of waitingRows(database, upload, severalRows, ground.students)) {
    for (const [key, student] of page.stored) stored.set(key, student);
    for (const row of page.rows) {
      if (failedLines.has(row.line)) continue;
      const before = after.get(row.usernameKey) ?? stored.get(row.usernameKey);
      const student = studentAfter(before, row);
      countOutcome(before, student, outcomes);
      after.set(row.usernameKey, student);
      given.set(row.usernameKey, studentAfter(given.get(row.usernameKey), row));
    }
  }
  // What the database counts by itself when it writes them.
  const counted = { added: outcomes.added, updated: outcomes.updated };
  for (const [key, student] of after) {
    const before = stored.get(key);
    if (!before) counted.added--;
    else if (differs(before, student)) counted.updated--;
  }
  return { students: [...given.values()], counted };
}

function takenProblem({ claim, holder }: Settlement["failed"][number]): Problem {
  return problem(
    { line: claim.line, username: claim.username, column: "StudentId" },
    "student_id_taken",
    `The StudentId of this row belongs to ${
      visible(holder.username, 254)
    }. Each StudentId may belong to one student only; the row was not applied.`,
  );
}
