/** The lanes there are. */
import type { SchoolSettings } from "../roster/settings.ts";
import type { Release } from "../roster/decision.ts";
import { plainTerms, type Terms, termsOf } from "../roster/terms.ts";
import type { Lane } from "./lane.ts";
import { rosterLane } from "./roster.ts";

const lanes: Record<string, Lane> = {
  roster: rosterLane,
};

/** The lane of that name; `undefined`: there is none. */
export function laneOf(name: string): Lane | undefined {
  return Object.hasOwn(lanes, name) ? lanes[name] : undefined;
}

/**
 * The terms of an upload that has to be checked before it is applied; `undefined`: it begins with
 * `apply`.
 *
 * @param now milliseconds since the epoch
 */
export function firstTerms(
  { lane, name }: { lane: string; name: string },
  settings: SchoolSettings,
  now: number,
): Terms | undefined {
  return lane === "roster" ? termsOf(name, settings, now) : undefined;
}

/**
 * The terms of an upload that is tried again from its beginning: as if it came now. What was sent to be
 * checked only stays so, and what an administrator released is released.
 *
 * @param begun what its check began with, if it has one
 * @returns `undefined`: nothing asks for a check
 */
export function termsAgain(
  upload: { lane: string; name: string },
  begun: { terms: Terms | undefined; release: Release | null },
  settings: SchoolSettings,
  now: number,
): Terms | undefined {
  const terms = firstTerms(upload, settings, now);
  if (!begun.terms) return terms;
  if (begun.release) return { ...begun.terms, ...terms, checkOnly: false };
  const again = terms ?? plainTerms;
  return { ...again, checkOnly: again.checkOnly || begun.terms.checkOnly };
}
