/** Closes the sessions of a key when it expires: nobody else says so at that moment. */

export interface ExpiryWatch {
  /** The directory changed: another key may be the next. */
  look(): void;
  stop(): void;
}

/** A timer takes no longer times. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * @param next when the next key expires after an instant, both in milliseconds since the epoch
 * @param expired called when that time has come
 */
export function watchExpiry(
  { next, expired, now }: {
    next(at: number): number | undefined;
    expired(): void;
    now(): number;
  },
): ExpiryWatch {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    clearTimeout(timer);
    const at = next(now());
    if (at === undefined) return;
    timer = setTimeout(() => {
      if (now() >= at) expired();
      look();
    }, Math.min(Math.max(at - now(), 0), LONGEST_MS)).unref();
  };
  look();
  return { look, stop: () => clearTimeout(timer) };
}
