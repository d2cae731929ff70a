/** The end of the check pass: whom a snapshot does not name, and what becomes of the file. */
import { instant } from "../context.ts";
import type { StoredPosition } from "../database/school/arrivals.ts";
import { writeDecision } from "../database/school/check-decisions.ts";
import { keepAll, noteAbsent } from "../database/school/check-writes.ts";
import { type CheckEnd, loadCheckEnd } from "../database/school/checks.ts";
import type { LoadedProgress } from "../database/school/slice-reads.ts";
import { decide, type Decision, removalsWithheld } from "../roster/decision.ts";
import { pauseOn } from "../roster/pauses.ts";
import type { Problem } from "../roster/problems.ts";
import type { LaneOptions } from "./lane.ts";
import { pause } from "./reading.ts";

/** What was decided, as the position says it. */
type Decided = Pick<StoredPosition, "state" | "pass" | "offset" | "heldBecause">;

/**
 * Decides what becomes of an upload that was checked to its end. Done again from any point where it was
 * cut off, it comes to the same.
 *
 * @throws `StaleSlice` when it was decided meanwhile
 */
export async function finishCheck(
  { id, schoolId, settings, size }: LoadedProgress,
  { database, now }: LaneOptions,
): Promise<Decided> {
  let end = await loadCheckEnd(database, id, schoolId);
  const withheld = withheldBecause(end);
  if (end.terms.isSnapshot && withheld === undefined) {
    while (await noteAbsent(database, end)) await pause();
    end = await loadCheckEnd(database, id, schoolId);
  } else if (end.findings.left > 0) {
    await keepAll(database, id);
    end = { ...end, findings: { ...end.findings, left: 0 } };
  }
  const { terms, findings, release, overtakenBy } = end;
  const { decision, crossed, notes } = decide({
    terms,
    findings,
    limits: settings.holdWhen,
    pause: pauseOn(settings, now),
    release,
    overtakenBy,
  });
  const at = instant(now);
  const all = [...notes, ...withheldNote(end, withheld)];
  await writeDecision(database, { id, terms, decision, findings, crossed, notes: all, at });
  return positionOf(decision, terms.checkOnly, size);
}

/** Why a file makes nobody inactive; empty: without a word; `undefined`: it may. */
function withheldBecause({ terms, findings, unprocessed, unnamed }: CheckEnd): string | undefined {
  if (!terms.isSnapshot || terms.additionsUntil) return "";
  if (unprocessed > 0) return "it was cut off at the school's row limit";
  if (findings.rows === 0) return "it has no rows";
  if (unnamed > 0) {
    return `${unnamed} of its rejected rows ${unnamed === 1 ? "does" : "do"} not say whose ` +
      `${unnamed === 1 ? "it is" : "they are"}, neither by Username nor by StudentId`;
  }
  return undefined;
}

function withheldNote({ release }: CheckEnd, withheld: string | undefined): Problem[] {
  return withheld && !release?.withoutRemovals ? [removalsWithheld(withheld)] : [];
}

function positionOf(decision: Decision, checkOnly: boolean, size: number): Decided {
  switch (decision.type) {
    case "apply":
      return { state: "processing", pass: "apply", offset: 0, heldBecause: null };
    case "held":
      return { state: "held", pass: "check", offset: size, heldBecause: decision.because };
    case "done": {
      const pass = checkOnly ? "check" : "apply";
      return { state: "completed", pass, offset: size, heldBecause: null };
    }
  }
}
