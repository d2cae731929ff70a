/**
 * Time as something that is passed in, so that tests need no waiting.
 */

/** Does the work once, so many milliseconds from now; the answer calls it off. */
export type After = (milliseconds: number, work: () => void) => () => void;

/** By the clock of the machine. What waits does not keep the process from ending. */
export const systemAfter: After = (milliseconds, work) => {
  const timer = setTimeout(work, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
};
