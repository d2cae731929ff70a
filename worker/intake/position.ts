/** The position of an upload as the bridge hears it. */
import type { Result, UploadPosition } from "../../shared/protocol.ts";
import type { StoredPosition } from "../database/school/arrivals.ts";
import type { Taken } from "./lane.ts";
import { laneOf } from "./lanes.ts";
import { isDone, rosterResults } from "./results.ts";

export function positionOf(upload: StoredPosition): UploadPosition {
  const { state, pass, offset, heldBecause } = upload;
  return {
    state,
    pass,
    offset,
    ...(isDone(state) ? { results: resultsOf(upload) } : {}),
    ...(heldBecause === null ? {} : { why: heldBecause }),
  };
}

/** A file of a lane that is not known was given up: what comes of it is its report. */
function resultsOf(upload: StoredPosition): Result[] {
  const { results } = laneOf(upload.lane) ?? { results: rosterResults };
  return results(upload);
}

/** After a slice of so many bytes. What it says is told without asking the database again. */
export function positionAfter({ position, consumed }: Taken, sent: number): UploadPosition {
  const take = takeNext(consumed, sent);
  return { ...positionOf(position), ...(take === undefined ? {} : { take }) };
}

/** The least that is sent at a time, in bytes: it costs a call all the same. */
const LEAST_TAKE = 16 * 1024;

/**
 * How many bytes to send next: where the records of a slice were more than are taken at a time, a
 * quarter more than was used of it; `undefined`, as many as the bridge likes, where bytes were the
 * limit. Of the quarter more than a tenth is left where the next records are like these, so it stays
 * so. What held no whole record is asked for doubled.
 */
function takeNext(consumed: number, sent: number): number | undefined {
  if (consumed === 0) return Math.max(LEAST_TAKE, sent * 2);
  return consumed * 1.1 < sent ? Math.max(LEAST_TAKE, Math.ceil(consumed * 1.25)) : undefined;
}
