/** When what was not taken is tried again: later each time, for three days. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Between tries, in milliseconds; the last one from then on. */
const WAITS = [
  5_000,
  30_000,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
];

/** No wait is longer: a fifth more than the last. */
export const LONGEST_WAIT_MS = 1.2 * WAITS.at(-1)!;

/** What is not taken within this time is given up, in milliseconds. */
export const GIVE_UP_MS = 72 * HOUR;

/**
 * @param failures how many tries have failed, from 1
 * @param random from 0 to 1: a fifth more or less, so that those who failed together do not come again
 *   together
 * @returns milliseconds
 */
export function waitAfter(failures: number, random: number): number {
  const wait = WAITS[Math.min(failures, WAITS.length) - 1]!;
  return Math.round(wait * (0.8 + 0.4 * random));
}

/**
 * The next try, never after the moment at which it is given up: that is the last try.
 *
 * @param asked what the receiver asks to wait, in milliseconds, if it does
 * @returns milliseconds since the epoch; `undefined` when that moment has come
 */
export function nextTry(
  { now, failures, giveUpAt, random, asked = 0 }: {
    now: number;
    failures: number;
    giveUpAt: number;
    random: number;
    asked?: number;
  },
): number | undefined {
  if (now >= giveUpAt) return undefined;
  return Math.min(now + Math.max(waitAfter(failures, random), asked), giveUpAt);
}
