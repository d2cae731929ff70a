/** The lanes there are. */
import { applySlice } from "./apply.ts";
import type { Lane } from "./lane.ts";
import { rosterResults } from "./results.ts";

const lanes: Record<string, Lane> = {
  roster: { take: applySlice, results: rosterResults },
};

/** The lane of that name; `undefined`: there is none. */
export function laneOf(name: string): Lane | undefined {
  return Object.hasOwn(lanes, name) ? lanes[name] : undefined;
}
