/** The lane of rosters: a slice is checked or applied, as its pass says. */
import { forgetSeen } from "../database/school/seen-names.ts";
import { applySlice } from "./apply.ts";
import { checkSlice } from "./check.ts";
import type { Lane } from "./lane.ts";
import { rosterResults } from "./results.ts";

export const rosterLane: Lane = {
  take: async (slice, options) => {
    const taken = await (slice.pass === "check" ? checkSlice : applySlice)(slice, options);
    const { state } = taken.position;
    if (state !== "checking" && state !== "processing") forgetSeen(slice.id);
    return taken;
  },
  results: rosterResults,
};
