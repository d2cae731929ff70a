/**
 * What strangers do again and again makes few lines in the log: of one kind and source the first, the
 * second, the fourth, the eighth, each with how often it was; and of one kind at most so many a minute
 * from all sources together, of which the next line says how many there were.
 */
import type { Log } from "../../shared/log.ts";

const LINES_A_MINUTE = 60;
const MINUTE_MS = 60_000;
/** What was not seen for so long is as good as new. */
const FORGOTTEN_MS = 10 * MINUTE_MS;
const REMEMBERED = 5_000;

interface Seen {
  times: number;
  lastAt: number;
}

interface Kind {
  minute: number;
  lines: number;
  untold: number;
}

/** @param now milliseconds since the epoch */
export function fewLines(
  log: Log,
  now: () => number,
): (event: string, about: string, fields: Record<string, unknown>) => void {
  const seen = new Map<string, Seen>();
  const kinds = new Map<string, Kind>();

  function timesOf(event: string, about: string): number {
    const at = now();
    const key = `${event} ${about}`;
    const known = seen.get(key);
    const times = known && at - known.lastAt < FORGOTTEN_MS ? known.times + 1 : 1;
    seen.delete(key);
    seen.set(key, { times, lastAt: at });
    if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value!);
    return times;
  }

  /** Whether there is room for a line; how many there was none for. */
  function room(event: string): number | undefined {
    const minute = Math.floor(now() / MINUTE_MS);
    let kind = kinds.get(event);
    if (!kind) kinds.set(event, kind = { minute, lines: 0, untold: 0 });
    if (kind.minute !== minute) Object.assign(kind, { minute, lines: 0 });
    if (kind.lines >= LINES_A_MINUTE) {
      kind.untold++;
      return undefined;
    }
    kind.lines++;
    const { untold } = kind;
    kind.untold = 0;
    return untold;
  }

  return (event, about, fields) => {
    const times = timesOf(event, about);
    if (!Number.isInteger(Math.log2(times))) return;
    const untold = room(event);
    if (untold === undefined) return;
    log(event, {
      ...fields,
      ...(times > 1 ? { times } : {}),
      ...(untold > 0 ? { untold } : {}),
    });
  };
}
