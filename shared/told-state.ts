/** What bridges tell of a file in a home. */

/** What a file in a home looks like now, or that it is gone from its path: removed, or to another path. */
export type ToldState = "partial" | "complete" | "processing" | "removed" | "moved";

/** Is there no file at the path that was told of? Bridges of before said `removed` of one that moved, too. */
export function isGone(state: string): boolean {
  return state === "removed" || state === "moved";
}
