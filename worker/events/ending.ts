/**
 * The end of sending, when the worker is asked to end: nothing more is begun, what is in flight is
 * waited for until it is late, and what was taken in hand is given back, so that the next worker goes on
 * at once.
 */
export interface Ending {
  isBegun(): boolean;
  /** @returns what comes of the work; `undefined`: it came to no end before it was late */
  waitFor<Result>(work: Promise<Result>): Promise<Result | undefined>;
}

/** @returns the end, and what begins it; `late` resolves when what is in flight is waited for no longer */
export function createEnding(): { ending: Ending; begin(late: Promise<void>): void } {
  let isBegun = false;
  let isLate = false;
  const waiting = new Set<() => void>();
  return {
    ending: {
      isBegun: () => isBegun,
      waitFor: <Result>(work: Promise<Result>) =>
        new Promise<Result | undefined>((resolve, reject) => {
          const giveUp = () => resolve(undefined);
          if (isLate) giveUp();
          else waiting.add(giveUp);
          work.finally(() => waiting.delete(giveUp)).then(resolve, reject);
        }),
    },
    begin(late) {
      isBegun = true;
      late.then(() => {
        isLate = true;
        for (const giveUp of waiting) giveUp();
      });
    },
  };
}
