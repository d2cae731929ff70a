/**
 * One call at a time. A call while one is under way is followed by one more, however many there were:
 * what happened meanwhile may have been missed.
 */
export function afterEachOther<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  let next: Promise<Result> | undefined;
  const start = () => {
    running = work().finally(() => running = undefined);
    return running;
  };
  return () => {
    if (next) return next;
    if (!running) return start();
    return next = running.then(() => {}, () => {}).then(() => {
      next = undefined;
      return start();
    });
  };
}
