/** On which terms an upload is taken (SPEC section 9): settled when its first pass begins. */
import { pauseOn } from "./pauses.ts";
import type { HoldWhen, SchoolSettings } from "./settings.ts";

export interface Terms {
  /** It is checked and reported on; nothing of it is applied. */
  checkOnly: boolean;
  /** Only new students are applied: the last day of that pause, `YYYY-MM-DD`. */
  additionsUntil: string | null;
  /** Who is not in it becomes inactive. */
  isSnapshot: boolean;
}

/** Nothing of the school asks for any. */
export const plainTerms: Terms = { checkOnly: false, additionsUntil: null, isSnapshot: false };

type Rules = Pick<SchoolSettings, "mode" | "dryRun" | "holdWhen" | "pauses" | "timezone">;

/**
 * The terms of a file that has to be checked first; `undefined`: nothing of the school asks for that,
 * and it begins with `apply`.
 *
 * @param now milliseconds since the epoch
 */
export function termsOf(name: string, rules: Rules, now: number): Terms | undefined {
  const checkOnly = rules.dryRun || isCheckOnlyName(name);
  const pause = pauseOn(rules, now);
  const isSnapshot = rules.mode === "snapshot";
  if (!checkOnly && !pause && !isSnapshot && !hasLimits(rules.holdWhen)) return undefined;
  return {
    checkOnly,
    additionsUntil: pause?.kind === "additions" ? pause.to : null,
    isSnapshot,
  };
}

/** Does the name alone ask for a check: `roster.check.csv`, also compressed? */
export function isCheckOnlyName(name: string): boolean {
  return /\.check\.(?:csv|csv\.gz|zip)$/i.test(name);
}

function hasLimits(limits: HoldWhen): boolean {
  return Object.values(limits).some((limit) => typeof limit === "number" || limit === true);
}
