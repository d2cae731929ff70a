/** What becomes of a file that was checked to its end (SPEC section 9). */
import { type Crossed, crossedLimits, type Findings, isWorse } from "./limits.ts";
import { type Problem, problem } from "./problems.ts";
import type { HoldWhen, Pause } from "./settings.ts";
import type { Terms } from "./terms.ts";

/** An administrator's word that a held file may go on. */
export interface Release {
  by: string;
  /** ISO 8601 UTC. */
  at: string;
  reason: string | null;
  withoutRemovals: boolean;
  /** What was shown to who released it. */
  shown: Findings;
}

export type Decision =
  /** Nothing is applied, or nothing is to be: the report is ready. */
  | { type: "done" }
  /** It changes nothing until an administrator decides, or the pause ends. */
  | { type: "held"; because: string; isPaused: boolean }
  /** It is read once more. */
  | { type: "apply"; removals: boolean };

export interface Checked {
  terms: Terms;
  findings: Findings;
  limits: HoldWhen;
  /** The pause that is on. */
  pause: Pause | undefined;
  release: Release | null;
  /** What came after this file, which a pause held, and went before it. */
  overtakenBy: string | undefined;
}

/** @returns what becomes of it, the limits it crosses, and what its report says beside its rows */
export function decide(checked: Checked): {
  decision: Decision;
  crossed: Crossed[];
  notes: Problem[];
} {
  const { terms, findings, limits, pause, release, overtakenBy } = checked;
  const crossed = crossedLimits(findings, limits);
  if (terms.checkOnly) {
    return { decision: { type: "done" }, crossed, notes: crossed.map(wouldBeHeld) };
  }
  const because = holding(checked, crossed);
  if (because !== undefined) {
    // Also what was released in the pause and got worse meanwhile: older files do not go before it.
    const isPaused = pause?.kind === "hold" || overtakenBy !== undefined;
    return { decision: { type: "held", because, isPaused }, crossed, notes: [] };
  }
  const removals = !release?.withoutRemovals;
  const changed = findings.added + findings.changed + findings.returned +
    (removals ? findings.left : 0);
  const notes = [
    ...(release ? [releasedNote(release, findings)] : []),
    ...(terms.additionsUntil ? [additionsNote(terms.additionsUntil)] : []),
  ];
  return {
    decision: changed === 0 ? { type: "done" } : { type: "apply", removals },
    crossed,
    notes,
  };
}

/** Why it is held, without a full stop; `undefined`: it is not. */
function holding(
  { findings, pause, release, overtakenBy }: Checked,
  crossed: readonly Crossed[],
): string | undefined {
  if (release) {
    return isWorse(findings, release.shown, release.withoutRemovals)
      ? sinceShown(findings, release)
      : undefined;
  }
  if (overtakenBy !== undefined) {
    return `a pause of the school held it, and ${overtakenBy} came after it`;
  }
  if (pause?.kind === "hold") {
    return `a pause of the school holds all files through ${pause.to}; at its end the newest goes on`;
  }
  return crossed.length > 0 ? crossed.map(({ sentence }) => sentence).join("; ") : undefined;
}

function sinceShown(now: Findings, { shown, withoutRemovals }: Release): string {
  const all: [string, number, number][] = [
    ["add", now.added, shown.added],
    ["change", now.changed + now.returned, shown.changed + shown.returned],
    ["make inactive", withoutRemovals ? 0 : now.left, withoutRemovals ? 0 : shown.left],
  ];
  const more = all.filter(([, found, then]) => found > then)
    .map(([what, found, then]) => `${what} ${found} students where ${then} were shown`);
  return `students changed since it was released: it would now ${more.join(", and ")}`;
}

function wouldBeHeld({ sentence }: Crossed): Problem {
  const message = `If it were to be applied, this file would be held: ${sentence}.`;
  return problem({ line: 0 }, "would_be_held", message);
}

function releasedNote({ by, reason, withoutRemovals }: Release, { left }: Findings): Problem {
  const how = withoutRemovals
    ? ` without removals: ${left} ${
      left === 1 ? "student" : "students"
    } it does not name stay active`
    : "";
  const words = reason ? ` In their words: ${reason}` : "";
  return problem(
    { line: 0 },
    "released",
    `This file was held, and released by ${by}${how}.${words}`,
  );
}

function additionsNote(until: string): Problem {
  return problem(
    { line: 0 },
    "additions_only",
    `A pause of the school lets only new students through, through ${until}: rows of students who are ` +
      "there changed nothing and count as unchanged.",
  );
}

/** Nobody was made inactive although the file is a snapshot, and why. */
export function removalsWithheld(why: string): Problem {
  const message = `Nobody whom this file does not name was made inactive: ${why}.`;
  return problem({ line: 0 }, "removals_withheld", message);
}
