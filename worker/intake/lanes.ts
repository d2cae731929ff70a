/** The lanes there are. */
import type { SchoolSettings } from "../roster/settings.ts";
import { type Terms, termsOf } from "../roster/terms.ts";
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
