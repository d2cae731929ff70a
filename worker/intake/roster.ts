/** The lane of rosters: a slice is checked or applied, as its pass says. */
import { applySlice } from "./apply.ts";
import { checkSlice } from "./check.ts";
import type { Lane } from "./lane.ts";
import { rosterResults } from "./results.ts";

export const rosterLane: Lane = {
  take: (slice, options) =>
    slice.pass === "check" ? checkSlice(slice, options) : applySlice(slice, options),
  results: rosterResults,
};
