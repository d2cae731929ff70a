/** A clock that is set by hand, and what waits for it. */
import type { After } from "../../bridge/timers.ts";

export class Clock {
  now = Date.UTC(2026, 10, 24, 12);
  readonly #waiting = new Set<{ at: number; work: () => void }>();

  readonly after: After = (milliseconds, work) => {
    const entry = { at: this.now + milliseconds, work };
    this.#waiting.add(entry);
    return () => void this.#waiting.delete(entry);
  };

  /** Goes on by so many milliseconds, and does what is due on the way. */
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= end).toSorted((a, b) =>
        a.at - b.at
      );
      if (!next) break;
      this.#waiting.delete(next);
      this.now = Math.max(this.now, next.at);
      next.work();
    }
    this.now = end;
  }
}
