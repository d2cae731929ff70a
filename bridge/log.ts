/** The bridge's log: one JSON object a line on standard output. */
import type { Log } from "../shared/log.ts";

/** Writes to standard output, each line with its time. */
export function jsonLog(now: () => number): Log {
  return (event, fields = {}) =>
    console.log(JSON.stringify({ at: new Date(now()).toISOString(), event, ...fields }));
}
