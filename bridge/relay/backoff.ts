/**
 * How long to wait before trying again: exponential, with jitter so that many do not come at once.
 */

const FIRST_MS = 100;
const MOST_MS = 60_000;

/**
 * Milliseconds to wait after the given number of failures in a row (1 or more): between half and the
 * whole of 100 ms · 2^(failures − 1), at most `mostMs`, a minute. `random` gives a number from 0 up
 * to 1.
 */
export function backoffMs(failures: number, random: () => number, mostMs = MOST_MS): number {
  const most = Math.min(mostMs, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return most * (0.5 + random() / 2);
}
